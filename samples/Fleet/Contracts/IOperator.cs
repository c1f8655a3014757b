using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>
/// What the server offers to operators. What names an agent fails with NotFound when no such agent is connected, and with
/// Unavailable when it is lost meanwhile.
/// </summary>
[TunnelService]
public partial interface IOperator
{
    /// <summary>The agents that are connected, by name.</summary>
    Task<IReadOnlyList<AgentInfo>> ListAsync(CancellationToken cancellationToken = default);

    /// <inheritdoc cref="IFleetAgent.RunAsync"/>
    IAsyncEnumerable<CommandOutput> RunAsync(string agent, string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="IFleetAgent.TailAsync"/>
    IAsyncEnumerable<string> TailAsync(string agent, string log, int lines = 10, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="IFleetAgent.ReceiveAsync"/>
    Task<StoredFile> UploadAsync(string agent, string name, Stream content, IProgress<long> stored, CancellationToken cancellationToken = default);

    /// <summary>Tells every agent of a group, or of the fleet when there is no group; gives what has become of it at each.</summary>
    Task<IReadOnlyList<Delivery>> BroadcastAsync(string? group, string text, CancellationToken cancellationToken = default);
}
