namespace TunnelRpc.Gateway.Hosting;

/// <summary>
/// A feature of each request that arrives through <c>UseTunnelRpcServer</c>: under which of the application's names the gateway was asked.
/// Thread-safe.
/// </summary>
public interface ITunnelOriginFeature
{
    /// <summary>The claimed name, for instance "shop".</summary>
    string Name { get; }
}
