using System.IO.Pipelines;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>Passes references at every position of a value. Both sides serve it.</summary>
[TunnelService(Callback = typeof(IReferenceShapes))]
public partial interface IReferenceShapes
{
    Task<IAsyncEnumerable<int>> ResultAsync(int count);

    Task<NumberBatch> RecordAsync(int count);

    Task<(int Count, IAsyncEnumerable<int> Numbers)> TupleAsync(int count);

    Task<List<IAsyncEnumerable<int>>> ListAsync(int streams, int count);

    Task<List<NumberBatch>> NestedAsync(int streams, int count);

    IAsyncEnumerable<IAsyncEnumerable<int>> StreamsAsync(int streams, int count, CancellationToken cancellationToken = default);

    /// <summary>Fails after that many streams.</summary>
    IAsyncEnumerable<IAsyncEnumerable<int>> FailingStreamsAsync(int streams);

    Task<IAsyncEnumerable<IAsyncEnumerable<int>>> StreamsResultAsync(int streams, int count);

    /// <summary>Uses each stream; returns the sum of all numbers.</summary>
    Task<long> SumAsync(IAsyncEnumerable<IAsyncEnumerable<int>> streams, ReceiverUse use, CancellationToken cancellationToken = default);

    /// <summary>Reads all streams into a list, and then each of them.</summary>
    Task<long> SumListAsync(IAsyncEnumerable<IAsyncEnumerable<int>> streams);

    IAsyncEnumerable<IAsyncEnumerable<int>> EchoAsync(
        IAsyncEnumerable<IAsyncEnumerable<int>> streams, CancellationToken cancellationToken = default);

    Task<long> ArgumentAsync(NumberBatch batch, ReceiverUse use);

    [OneWay]
    Task TakeAsync(NumberBatch batch, ReceiverUse use);

    [OneWay]
    Task TakeTupleAsync((int Count, IAsyncEnumerable<int> Numbers) batch, ReceiverUse use);

    [OneWay]
    Task TakeBytesAsync(ByteBatch batch, ReceiverUse use);

    Task<int> UseBytesAsync(ByteBatch batch, ReceiverUse use);

    Task<ByteBatch> BytesAsync(int count);

    Task<Stream> OpenAsync(int count);

    Task<Stream> CreateAsync();

    Task<PipeReader> OpenPipeAsync(int count);

    Task<PipeWriter> CreatePipeAsync();

    Task<IProgress<int>> ProgressAsync();

    Task<IListener> ListenerAsync(string name);

    IAsyncEnumerable<IListener> ListenersAsync(int count);

    Task<IListener> SlowListenerAsync();
}
