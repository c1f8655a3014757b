using System.Security.Claims;

namespace TunnelRpc.Hosting;

/// <summary>The caller, resolved from the call's scope.</summary>
internal sealed class TunnelCaller<TCallback>(CallScope scope) : ITunnelCaller<TCallback>
    where TCallback : class, ITunnelService<TCallback>
{
    private TCallback? _callback;

    public TCallback Callback => _callback ??= TCallback.TunnelDefinition.CreateStub(scope.Peer.Invoker);

    public string SessionId => scope.Peer.Info.Id;

    public string Transport => scope.Peer.Info.Connection.Transport;

    public ClaimsPrincipal? User => scope.Peer.Info.Connection.User;

    public TunnelSessionInfo Session => scope.Peer.Session;
}
