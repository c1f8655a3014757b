namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>Every shape of a call that goes on until it is cancelled. Served by both sides.</summary>
[TunnelService(Callback = typeof(ICancelService))]
public partial interface ICancelService
{
    Task<int> EchoAsync(int value, CancellationToken cancellationToken = default);

    Task<int> HoldAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Waits for the test, whatever is cancelled.</summary>
    Task<int> IgnoreAsync(string name, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(string name, CancellationToken cancellationToken = default);

    Task<int> MeasureAsync(byte[] bytes, CancellationToken cancellationToken = default);

    /// <summary>Gives so many elements, then holds.</summary>
    IAsyncEnumerable<byte[]> GiveAsync(string name, int count, int size, CancellationToken cancellationToken = default);

    /// <summary>Takes so many elements, then holds.</summary>
    Task<int> TakeAsync(string name, int count, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken = default);

    IAsyncEnumerable<byte[]> ExchangeAsync(string name, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken = default);

    /// <summary>Reads a stream to its end.</summary>
    Task<long> ReadAsync(string name, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Reports once, then holds.</summary>
    Task<int> ReportAsync(string name, IProgress<int> progress, CancellationToken cancellationToken = default);

    /// <summary>Calls back, so deep; the innermost holds.</summary>
    Task<int> NestAsync(string name, int depth, CancellationToken cancellationToken = default);

    Task<ITicket> IssueAsync(string name, CancellationToken cancellationToken = default);
}
