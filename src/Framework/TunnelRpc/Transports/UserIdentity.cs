using System.Security.Claims;

namespace TunnelRpc.Transports;

/// <summary>Whether exchanges were authenticated as the same user: what a session or a path is bound to.</summary>
internal static class UserIdentity
{
    /// <summary>True when both have the same authenticated identities, by scheme, name and subject; or both have none.</summary>
    public static bool AreSame(ClaimsPrincipal? first, ClaimsPrincipal? second) => Names(first).SequenceEqual(Names(second));

    private static IEnumerable<(string?, string?, string?)> Names(ClaimsPrincipal? user)
        => (user?.Identities ?? []).Where(identity => identity.IsAuthenticated).Select(identity => (
            identity.AuthenticationType,
            identity.Name,
            (identity.FindFirst(ClaimTypes.NameIdentifier) ?? identity.FindFirst("sub"))?.Value));
}
