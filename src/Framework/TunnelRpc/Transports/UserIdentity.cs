using System.Security.Claims;

namespace TunnelRpc.Transports;

/// <summary>Whether paths or exchanges were authenticated as the same user: what a session or a path is bound to.</summary>
internal static class UserIdentity
{
    /// <summary>
    /// True when both paths are the same user's and came to the same address, as are their end-to-end certificates; and when both are inside of
    /// end-to-end TLS, or neither.
    /// </summary>
    public static bool AreSame(TransportConnectionInfo first, TransportConnectionInfo second) =>
        AreSame(first.User, second.User)
        && first.AcceptedEndpoint == second.AcceptedEndpoint
        && first.IsEndToEndEncrypted == second.IsEndToEndEncrypted
        && first.ClientCertificate?.Thumbprint == second.ClientCertificate?.Thumbprint;

    /// <summary>True when both have the same authenticated identities, by scheme, name and subject; or both have none.</summary>
    public static bool AreSame(ClaimsPrincipal? first, ClaimsPrincipal? second) => GetIdentityKeys(first).SequenceEqual(GetIdentityKeys(second));

    private static IEnumerable<(string?, string?, string?)> GetIdentityKeys(ClaimsPrincipal? user)
        => (user?.Identities ?? []).Where(identity => identity.IsAuthenticated).Select(identity => (
            identity.AuthenticationType,
            identity.Name,
            (identity.FindFirst(ClaimTypes.NameIdentifier) ?? identity.FindFirst("sub"))?.Value));
}
