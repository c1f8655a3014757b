using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Tests.Conformance;

namespace TunnelRpc.Transports.Tests.Connections;

public sealed class StreamTransportConnectionTests
{
    private static readonly TransportConnectionInfo Info = new("test");

    [Theory]
    [InlineData(new[] { 8, 100 }, new[] { 108 })]
    [InlineData(new[] { 8, SequenceStreamWriter.MaxCoalescedBytes - 8 }, new[] { SequenceStreamWriter.MaxCoalescedBytes })]
    [InlineData(new[] { 8, SequenceStreamWriter.MaxCoalescedBytes }, new[] { SequenceStreamWriter.MaxCoalescedBytes, 8 })]
    [InlineData(new[] { 200_000 }, new[] { 200_000 })]
    public async Task Segments_are_coalesced_into_few_writes(int[] segments, int[] writes)
    {
        CountingStream stream = new();
        await using StreamTransportConnection connection = new(stream, Info, _ => { });

        await connection.WriteAsync(ConnectionOperations.CountingSegments(segments), CancellationToken.None);

        stream.Writes.ShouldBe(writes);
        stream.Flushes.ShouldBe(1);
    }

#if !DEBUG
    // In optimized builds only: without optimization the state machines of asynchronous methods are classes.
    [Fact]
    public async Task Reads_and_writes_allocate_nothing_after_warmup()
    {
        CountingStream stream = new() { Counts = false };
        await using StreamTransportConnection connection = new(stream, Info, _ => { });
        using CancellationTokenSource cancel = new();
        System.Buffers.ReadOnlySequence<byte> data = ConnectionOperations.CountingSegments(8, 100);
        byte[] buffer = new byte[64];
        await RunAsync(1000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync(1000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Less than one byte per operation: the runtime itself may allocate some bytes in the meantime.
        allocated.ShouldBeLessThan(1000);

        async Task RunAsync(int operations)
        {
            for (int operation = 0; operation < operations; operation++)
            {
                // The stream completes synchronously, so everything runs on this thread, whose allocations are counted.
                await connection.WriteAsync(data, cancel.Token);
                _ = await connection.ReadAsync(buffer, cancel.Token);
            }
        }
    }
#endif

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_callback_gets_whether_a_write_was_interrupted(bool interrupt)
    {
        bool? wasInterrupted = null;
        StreamTransportConnection connection = new(new CountingStream(), Info, interrupted => wasInterrupted = interrupted);
        Exception? failure = await Record.ExceptionAsync(
            () => connection.WriteAsync(ConnectionOperations.CountingSegments(1), new CancellationToken(interrupt)).AsTask());

        await connection.DisposeAsync();

        wasInterrupted.ShouldBe(interrupt);
        (failure is OperationCanceledException).ShouldBe(interrupt);
    }

    private sealed class CountingStream : MemoryStream
    {
        public bool Counts { get; init; } = true;

        public List<int> Writes { get; } = [];

        public int Flushes { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(buffer.Length);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Counts)
            {
                Writes.Add(buffer.Length);
            }

            return ValueTask.CompletedTask;
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
