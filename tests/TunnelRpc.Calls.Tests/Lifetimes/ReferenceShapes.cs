using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>Passes references and uses those that it receives.</summary>
internal sealed class ReferenceShapes : IReferenceShapes
{
    private int _disposedCount;
    private int _takenCount;

    /// <summary>How many objects that this side has passed were disposed.</summary>
    public int DisposedCount => Volatile.Read(ref _disposedCount);

    /// <summary>How many one-way calls have ended.</summary>
    public int TakenCount => Volatile.Read(ref _takenCount);

    /// <summary>The result of <see cref="SlowListenerAsync"/>.</summary>
    public SlowListener Slow { get; } = new();

    public Task<IAsyncEnumerable<int>> ResultAsync(int count) => Task.FromResult(Numbers(count));

    public Task<NumberBatch> RecordAsync(int count) => Task.FromResult(new NumberBatch(count, Numbers(count)));

    public Task<(int Count, IAsyncEnumerable<int> Numbers)> TupleAsync(int count) => Task.FromResult((count, Numbers(count)));

    public Task<List<IAsyncEnumerable<int>>> ListAsync(int streams, int count) =>
        Task.FromResult(Enumerable.Range(0, streams).Select(_ => Numbers(count)).ToList());

    public Task<List<NumberBatch>> NestedAsync(int streams, int count) =>
        Task.FromResult(Enumerable.Range(0, streams).Select(_ => new NumberBatch(count, Numbers(count))).ToList());

    public IAsyncEnumerable<IAsyncEnumerable<int>> StreamsAsync(int streams, int count, CancellationToken cancellationToken) =>
        Streams(streams, count);

    public async IAsyncEnumerable<IAsyncEnumerable<int>> FailingStreamsAsync(int streams)
    {
        await foreach (IAsyncEnumerable<int> stream in Streams(streams, 3))
        {
            yield return stream;
        }

        throw new TunnelException(TunnelStatus.Aborted, "The source failed.");
    }

    public Task<IAsyncEnumerable<IAsyncEnumerable<int>>> StreamsResultAsync(int streams, int count) =>
        Task.FromResult(Streams(streams, count));

    public async Task<long> SumAsync(
        IAsyncEnumerable<IAsyncEnumerable<int>> streams, ReceiverUse use, CancellationToken cancellationToken)
    {
        long sum = 0;
        await foreach (IAsyncEnumerable<int> stream in streams.WithCancellation(cancellationToken))
        {
            sum += await ReferenceUse.ApplyAsync(stream, use);
        }

        return sum;
    }

    public async Task<long> SumListAsync(IAsyncEnumerable<IAsyncEnumerable<int>> streams)
    {
        long sum = 0;
        foreach (IAsyncEnumerable<int> stream in await streams.ToListAsync())
        {
            sum += await ReferenceUse.ApplyAsync(stream, ReceiverUse.Whole);
        }

        return sum;
    }

    public async IAsyncEnumerable<IAsyncEnumerable<int>> EchoAsync(
        IAsyncEnumerable<IAsyncEnumerable<int>> streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (IAsyncEnumerable<int> stream in streams.WithCancellation(cancellationToken))
        {
            yield return (await stream.ToListAsync(cancellationToken)).ToAsyncEnumerable();
        }
    }

    public Task<long> ArgumentAsync(NumberBatch batch, ReceiverUse use) => ReferenceUse.ApplyAsync(batch.Numbers, use);

    public async Task TakeAsync(NumberBatch batch, ReceiverUse use)
    {
        try
        {
            await ReferenceUse.ApplyAsync(batch.Numbers, use);
        }
        finally
        {
            Interlocked.Increment(ref _takenCount);
        }
    }

    public Task TakeTupleAsync((int Count, IAsyncEnumerable<int> Numbers) batch, ReceiverUse use) =>
        TakeAsync(new NumberBatch(batch.Count, batch.Numbers), use);

    public async Task TakeBytesAsync(ByteBatch batch, ReceiverUse use)
    {
        try
        {
            await ReferenceUse.ApplyAsync(batch, use);
        }
        finally
        {
            Interlocked.Increment(ref _takenCount);
        }
    }

    public Task<int> UseBytesAsync(ByteBatch batch, ReceiverUse use) => ReferenceUse.ApplyAsync(batch, use);

    public Task<ByteBatch> BytesAsync(int count) => Task.FromResult(new ByteBatch(
        Source(count), Target(), PipeReader.Create(Source(count)), PipeWriter.Create(Target()), new SilentProgress(), new Listener("own")));

    public Task<Stream> OpenAsync(int count) => Task.FromResult<Stream>(Source(count));

    public Task<Stream> CreateAsync() => Task.FromResult<Stream>(Target());

    public Task<PipeReader> OpenPipeAsync(int count) => Task.FromResult(PipeReader.Create(Source(count)));

    public Task<PipeWriter> CreatePipeAsync() => Task.FromResult(PipeWriter.Create(Target()));

    public Task<IProgress<int>> ProgressAsync() => Task.FromResult<IProgress<int>>(new SilentProgress());

    public Task<IListener> ListenerAsync(string name) => Task.FromResult<IListener>(new Listener(name));

    public async IAsyncEnumerable<IListener> ListenersAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.CompletedTask;
            yield return new Listener("item");
        }
    }

    public Task<IListener> SlowListenerAsync() => Task.FromResult<IListener>(Slow);

    public static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }

        await Task.CompletedTask;
    }

    public static async IAsyncEnumerable<IAsyncEnumerable<int>> Streams(int streams, int count)
    {
        for (int i = 0; i < streams; i++)
        {
            yield return Numbers(count);
        }

        await Task.CompletedTask;
    }

    private DisposableBytes Source(int count) => new(this, count, canWrite: false);

    private DisposableBytes Target() => new(this, 0, canWrite: true);

    private sealed class SilentProgress : IProgress<int>
    {
        public void Report(int value)
        {
        }
    }

    private sealed class DisposableBytes(ReferenceShapes owner, int count, bool canWrite) : MemoryStream(new byte[64], 0, 64, true)
    {
        private int _remaining = count;
        private int _disposed;

        public override bool CanRead => !canWrite;

        public override bool CanWrite => canWrite;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = Math.Min(_remaining, buffer.Length);
            _remaining -= read;
            return new(read);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Interlocked.Increment(ref owner._disposedCount);
            }

            base.Dispose(disposing);
        }
    }
}
