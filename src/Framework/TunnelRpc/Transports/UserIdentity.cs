using System.Security.Claims;

namespace TunnelRpc.Transports;

/// <summary>
/// Compares the authenticated users of connections and exchanges: a session and a leg connection are bound to their user. Stateless.
/// </summary>
internal static class UserIdentity
{
    /// <summary>
    /// True when both connections have the same user, were accepted at the same address, have the same client certificate in end-to-end
    /// TLS, and either both or neither are inside end-to-end TLS.
    /// </summary>
    public static bool AreSame(TransportConnectionInfo first, TransportConnectionInfo second) =>
        AreSame(first.User, second.User)
        && first.AcceptedEndpoint == second.AcceptedEndpoint
        && first.IsEndToEndEncrypted == second.IsEndToEndEncrypted
        && first.ClientCertificate?.Thumbprint == second.ClientCertificate?.Thumbprint;

    /// <summary>
    /// True when both users have the same authenticated identities, by scheme, name and subject; also when both have none.
    /// </summary>
    public static bool AreSame(ClaimsPrincipal? first, ClaimsPrincipal? second) =>
        GetIdentityKeys(first).SequenceEqual(GetIdentityKeys(second));

    private static IEnumerable<(string?, string?, string?)> GetIdentityKeys(ClaimsPrincipal? user)
        => (user?.Identities ?? []).Where(identity => identity.IsAuthenticated).Select(identity => (
            identity.AuthenticationType,
            identity.Name,
            (identity.FindFirst(ClaimTypes.NameIdentifier) ?? identity.FindFirst("sub"))?.Value));
}
