using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Tunnel;

/// <summary>Serves the claims of one session. Created for each call.</summary>
internal sealed class HttpGatewayService(ITunnelCaller<IHttpOrigin> caller, SessionClaims claims, GatewayAddresses addresses) : IHttpGateway
{
    /// <inheritdoc/>
    public Task<Uri> ClaimAsync(string name, CancellationToken cancellationToken)
    {
        if (!GatewayName.IsValid(name))
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, GatewayName.Describe(name));
        }

        if (!addresses.IsMapped)
        {
            throw new TunnelException(
                TunnelStatus.FailedPrecondition, "The server has no public address for names. Call MapTunnelGateway on the server.");
        }

        claims.Claim(name, caller.Session, caller.Callback);
        return Task.FromResult(addresses.GetAddress(name, null));
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(string name, CancellationToken cancellationToken)
    {
        claims.Release(name, caller.SessionId);
        return Task.CompletedTask;
    }
}
