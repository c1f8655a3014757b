using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>
/// The service that the server offers to operators. A method that names an agent fails with NotFound when no such agent is connected,
/// and with Unavailable when the agent disconnects during the call.
/// </summary>
[TunnelService]
public partial interface IOperator
{
    /// <summary>The connected agents, ordered by name.</summary>
    Task<IReadOnlyList<AgentInfo>> ListAsync(CancellationToken cancellationToken = default);

    /// <inheritdoc cref="IFleetAgent.RunAsync"/>
    IAsyncEnumerable<CommandOutput> RunAsync(
        string agent, string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="IFleetAgent.TailAsync"/>
    IAsyncEnumerable<string> TailAsync(string agent, string log, int lines = 10, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="IFleetAgent.ReceiveAsync"/>
    Task<StoredFile> UploadAsync(
        string agent, string name, Stream content, IProgress<long> stored, CancellationToken cancellationToken = default);

    /// <summary>Sends a text to every agent of a group, or of the fleet when the group is null; returns the result at each agent.</summary>
    Task<IReadOnlyList<Delivery>> BroadcastAsync(string? group, string text, CancellationToken cancellationToken = default);
}
