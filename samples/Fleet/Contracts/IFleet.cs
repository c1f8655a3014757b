using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>The service that the server offers to agents.</summary>
[TunnelService(Callback = typeof(IFleetAgent))]
public partial interface IFleet
{
    /// <summary>
    /// Registers the calling agent until its session ends. A registration under the same name is replaced: it belongs to an earlier
    /// session of the same agent whose end the server has not detected yet.
    /// </summary>
    Task RegisterAsync(AgentDescription agent, CancellationToken cancellationToken = default);
}
