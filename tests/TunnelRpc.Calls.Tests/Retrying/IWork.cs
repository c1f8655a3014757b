namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>Calls of every shape with numbers, so that the test can count how often each call ran.</summary>
[TunnelService(Callback = typeof(ICallbackService))]
public partial interface IWork
{
    ValueTask<int> AddAsync(int number, CancellationToken cancellationToken = default);

    ValueTask AddVoidAsync(int number, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(int number, CancellationToken cancellationToken = default);

    [Idempotent]
    ValueTask<int> FindAsync(int number, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> CountAsync(int number, CancellationToken cancellationToken = default);

    [Idempotent]
    IAsyncEnumerable<int> ListAsync(int number, CancellationToken cancellationToken = default);

    Task<int> SumAsync(int number, IAsyncEnumerable<int> items, CancellationToken cancellationToken = default);

    /// <summary>Makes a callback with a result and a one-way callback.</summary>
    Task<int> AskAsync(int number, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> EchoAsync(int number, IAsyncEnumerable<int> items, CancellationToken cancellationToken = default);
}
