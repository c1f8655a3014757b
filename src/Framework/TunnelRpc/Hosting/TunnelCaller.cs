using System.Security.Claims;

namespace TunnelRpc.Hosting;

/// <summary>The caller, as a service of the scope of a call.</summary>
internal sealed class TunnelCaller<TCallback>(ScopedCaller caller) : ITunnelCaller<TCallback>
    where TCallback : class, ITunnelService<TCallback>
{
    private TCallback? _callback;

    public TCallback Callback => _callback ??= TCallback.TunnelDefinition.CreateStub(caller.Peer.Invoker);

    public string SessionId => caller.Peer.Parameters.Id;

    public string Transport => caller.Peer.Parameters.Connection.Transport;

    public ClaimsPrincipal? User => caller.Peer.Parameters.Connection.User;

    public TunnelSessionInfo Session => caller.Peer.SessionInfo;
}
