using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>What an agent offers to the server, which calls it through the tunnel that the agent has dialed.</summary>
[TunnelService]
public partial interface IFleetAgent
{
    /// <summary>Runs a command of the agent's own list; the last element is its exit code. Whoever stops enumerating ends the command.</summary>
    IAsyncEnumerable<CommandOutput> RunAsync(string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default);

    /// <summary>The last lines of a log of the agent's, then each line that is added, until the enumeration is stopped.</summary>
    IAsyncEnumerable<string> TailAsync(string log, int lines = 10, CancellationToken cancellationToken = default);

    /// <summary>Stores a file in the agent's inbox, whole or not at all.</summary>
    /// <param name="name">A plain file name.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="stored">Told how many bytes have been stored.</param>
    /// <param name="cancellationToken">Gives up; nothing is left of the file.</param>
    Task<StoredFile> ReceiveAsync(string name, Stream content, IProgress<long> stored, CancellationToken cancellationToken = default);

    /// <summary>Shows a text to whoever looks at the agent.</summary>
    Task NotifyAsync(string text, CancellationToken cancellationToken = default);
}
