using TunnelRpc.Gateway.Client;

namespace TunnelRpc.Gateway.Hosting;

/// <summary>
/// A feature of the server that <c>UseTunnelRpcServer</c> adds (<c>IServer.Features</c>): the names of the application at its gateway, for
/// instance for a health check. Thread-safe.
/// </summary>
public interface ITunnelRpcServerFeature
{
    /// <summary>The names in the order of the options, each with its state, its public address, and the reason of a refusal.</summary>
    IReadOnlyList<HttpOriginClaim> Claims { get; }
}
