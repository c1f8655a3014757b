namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>Calls of every shape that run until they are cancelled. Both sides serve it.</summary>
[TunnelService(Callback = typeof(ICancelService))]
public partial interface ICancelService
{
    Task<int> EchoAsync(int value, CancellationToken cancellationToken = default);

    Task<int> BlockAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Runs until the test releases it. Ignores cancellation.</summary>
    Task<int> IgnoreCancellationAsync(string name, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NotifyAsync(string name, CancellationToken cancellationToken = default);

    Task<int> MeasureAsync(byte[] bytes, CancellationToken cancellationToken = default);

    /// <summary>Yields <paramref name="count"/> items, then runs until it is cancelled or released.</summary>
    IAsyncEnumerable<byte[]> ProduceAsync(string name, int count, int size, CancellationToken cancellationToken = default);

    /// <summary>Reads <paramref name="count"/> items, then runs until it is cancelled or released.</summary>
    Task<int> ConsumeAsync(string name, int count, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken = default);

    IAsyncEnumerable<byte[]> ExchangeAsync(string name, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken = default);

    /// <summary>Reads a stream to its end and returns its length.</summary>
    Task<long> ReadAsync(string name, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Reports once, then runs until it is cancelled or released.</summary>
    Task<int> ReportAsync(string name, IProgress<int> progress, CancellationToken cancellationToken = default);

    /// <summary>Nests <paramref name="depth"/> callbacks. The innermost call runs until it is cancelled or released.</summary>
    Task<int> NestAsync(string name, int depth, CancellationToken cancellationToken = default);

    Task<ITicket> IssueAsync(string name, CancellationToken cancellationToken = default);
}
