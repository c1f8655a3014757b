using TunnelRpc.Calls;

namespace TunnelRpc.Authorization;

/// <summary>
/// Refuses requirements on the callbacks of a client: their caller is the server, which has no user, so they could never be met.
/// Thread-safe.
/// </summary>
internal sealed class CallbackAuthorizationProvider : AuthorizationProvider
{
    /// <summary>The one instance.</summary>
    public static readonly CallbackAuthorizationProvider Instance = new();

    private CallbackAuthorizationProvider()
    {
    }

    public override MethodAuthorization? Find(TunnelMethod method, AuthorizationTarget target) =>
        AuthorizationRules.Read(method, target).Metadata.Count == 0
            ? null
            : throw new InvalidOperationException(
                $"Expected no [Authorize] on {method} or {target.Implementation}, which a client serves: its caller is the server, which "
                + "is authenticated by its TLS certificate and has no user. Remove the attribute, or decide in a filter.");
}
