using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>What the server offers to agents.</summary>
[TunnelService(Callback = typeof(IFleetAgent))]
public partial interface IFleet
{
    /// <summary>
    /// Enters the fleet, for as long as the session lives. An agent of the same name that is still there gives way: it is the
    /// same one, and the server has not seen yet that its old path is dead.
    /// </summary>
    Task RegisterAsync(AgentDescription agent, CancellationToken cancellationToken = default);
}
