namespace TunnelRpc.Calls.Tests.Scheduling;

/// <summary>A contract of a client with a user interface: each method says where it ran.</summary>
[TunnelService]
public partial interface IScreen
{
    /// <summary>Returns where the method ran: at its start, and after each await.</summary>
    Task<string[]> ShowAsync(string text, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(int number);

    /// <summary>Each item says where it was produced.</summary>
    IAsyncEnumerable<string> WatchAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>Each item says where the one that arrived was consumed.</summary>
    IAsyncEnumerable<string> EchoAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken = default);

    /// <summary>Returns where the items were consumed.</summary>
    Task<string[]> DrawAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken = default);

    /// <summary>Returns an object, the calls of which say where they run.</summary>
    Task<IDialog> OpenAsync(CancellationToken cancellationToken = default);
}
