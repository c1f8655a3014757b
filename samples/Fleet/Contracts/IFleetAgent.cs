using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>The callback service of an agent. The server calls it through the tunnel that the agent opened.</summary>
[TunnelService]
public partial interface IFleetAgent
{
    /// <summary>Runs a command of the agent's list; the last item is the exit code. Disposing the enumerator ends the command.</summary>
    IAsyncEnumerable<CommandOutput> RunAsync(
        string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default);

    /// <summary>The last lines of one of the agent's logs, then each new line, until the enumerator is disposed.</summary>
    IAsyncEnumerable<string> TailAsync(string log, int lines = 10, CancellationToken cancellationToken = default);

    /// <summary>Stores a file in the agent's inbox, completely or not at all.</summary>
    /// <param name="name">A plain file name.</param>
    /// <param name="content">Read to its end.</param>
    /// <param name="stored">Receives the number of bytes stored so far.</param>
    /// <param name="cancellationToken">Cancels the upload; no partial file remains.</param>
    Task<StoredFile> ReceiveAsync(string name, Stream content, IProgress<long> stored, CancellationToken cancellationToken = default);

    /// <summary>Shows a text on the agent's console.</summary>
    Task NotifyAsync(string text, CancellationToken cancellationToken = default);
}
