using System.Security.Claims;

namespace TunnelRpc.Gateway.Routing;

/// <summary>Who holds a name. Two owners are equal when their kind and identity are.</summary>
/// <param name="Kind">How the owner proves itself: "user" for an authenticated user, "token" for a dialect's own token.</param>
/// <param name="Identity">The user's identifier, or a digest of the token (not the token). Unique for an anonymous session.</param>
internal sealed record GatewayOwner(string Kind, string Identity)
{
    /// <summary>The user, for the policy; null for an anonymous owner. Not part of equality.</summary>
    public ClaimsPrincipal? User { get; init; }

    /// <inheritdoc/>
    public bool Equals(GatewayOwner? other) => other is not null && Kind == other.Kind && Identity == other.Identity;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Identity);
}
