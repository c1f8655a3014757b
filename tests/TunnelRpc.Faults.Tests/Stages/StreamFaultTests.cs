using System.Text;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Testing.Faults.Relaying;
using TunnelRpc.Testing.Faults.Stages;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Faults.Tests.Stages;

/// <summary>The effect of each fault on the chunks of one direction, without sockets.</summary>
public sealed class StreamFaultTests : IDisposable
{
    private readonly RecordingByteSink _sink = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionTermination _termination = new(CancellationToken.None);

    [Fact]
    public async Task DelayByOneWrite_delivers_a_chunk_at_the_next_write_and_the_last_at_the_end()
    {
        await using FaultChain chain = Chain(StreamFault.DelayByOneWrite());

        await WriteAsync(chain, "a");
        _sink.Chunks.ShouldBeEmpty();
        await WriteAsync(chain, "b");
        _sink.Chunks.ShouldBe(["a"]);
        await chain.CompleteAsync(default);

        _sink.Chunks.ShouldBe(["a", "b", "|"]);
    }

    [Fact]
    public async Task BufferUntil_delivers_when_the_size_is_reached()
    {
        await using FaultChain chain = Chain(StreamFault.BufferUntil(4));

        await WriteAsync(chain, "abc");
        _sink.Chunks.ShouldBeEmpty();
        await WriteAsync(chain, "de");
        await WriteAsync(chain, "f");

        _sink.Chunks.ShouldBe(["abcde", "f"]);
    }

    [Fact]
    public async Task BufferUntilComplete_delivers_at_the_end()
    {
        await using FaultChain chain = Chain(StreamFault.BufferUntilComplete());

        await WriteAsync(chain, "ab");
        await WriteAsync(chain, "cd");
        _sink.Chunks.ShouldBeEmpty();
        await chain.CompleteAsync(default);

        _sink.Chunks.ShouldBe(["abcd", "|"]);
    }

    [Theory]
    [InlineData(null, TerminationKind.Reset)]
    [InlineData(413, TerminationKind.Respond)]
    public async Task Buffer_above_its_limit_ends_the_connection(int? status, object expected)
    {
        await using var chain = new FaultChain([StreamFault.BufferUntilComplete()], _sink, Context(maxBufferedBytes: 3, overflow: status));
        await WriteAsync(chain, "abc");

        await Should.ThrowAsync<OperationCanceledException>(() => chain.WriteAsync("d"u8.ToArray(), _termination.Token).AsTask());

        (_termination.Kind, _termination.Status).ShouldBe(((TerminationKind)expected, status));
        _sink.Chunks.ShouldBeEmpty();
    }

    [Fact]
    public async Task BlackHoleAfter_drops_all_later_bytes_and_the_end()
    {
        await using FaultChain chain = Chain(StreamFault.BlackHoleAfter(3));

        await WriteAsync(chain, "ab");
        await WriteAsync(chain, "cd");
        await WriteAsync(chain, "e");
        await chain.CompleteAsync(default);

        _sink.Chunks.ShouldBe(["ab", "c"]);
        _termination.Kind.ShouldBe(TerminationKind.None);
    }

    [Fact]
    public async Task ResetAfter_resets_after_its_bytes()
    {
        await using FaultChain chain = Chain(StreamFault.ResetAfter(3));

        await WriteAsync(chain, "ab");
        _termination.Kind.ShouldBe(TerminationKind.None);
        await Should.ThrowAsync<OperationCanceledException>(() => chain.WriteAsync("cd"u8.ToArray(), _termination.Token).AsTask());

        _sink.Text.ShouldBe("abc");
        _termination.Kind.ShouldBe(TerminationKind.Reset);
    }

    [Fact]
    public async Task Split_delivers_single_bytes_for_the_configured_prefix()
    {
        await using FaultChain chain = Chain(StreamFault.Split(firstBytes: 3));

        await WriteAsync(chain, "ab");
        await WriteAsync(chain, "cdef");

        _sink.Chunks.ShouldBe(["a", "b", "c", "def"]);
    }

    [Fact]
    public async Task Split_with_the_same_seed_delivers_the_same_chunks()
    {
        string text = new('x', 1000);
        var other = new RecordingByteSink();
        await using FaultChain first = Chain(StreamFault.Split(1, 50));
        await using var second = new FaultChain([StreamFault.Split(1, 50)], other, Context());

        await WriteAsync(first, text);
        await WriteAsync(second, text);

        _sink.Chunks.Count.ShouldBeInRange(21, 999);
        other.Chunks.ShouldBe(_sink.Chunks);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1", "GET / HTTP/1.1")]
    [InlineData("\u0016\u0003\u0001", "")]
    [InlineData("hello you", "")]
    public async Task DropUnlessHttp_drops_bytes_that_are_not_HTTP(string sent, string delivered)
    {
        await using FaultChain chain = Chain(StreamFault.DropUnlessHttp());

        await WriteAsync(chain, sent);

        _sink.Text.ShouldBe(delivered);
    }

    [Fact]
    public async Task Latency_delivers_in_order_after_the_delay()
    {
        StreamFault latency = StreamFault.Latency(TimeSpan.FromMilliseconds(100));
        await using var chain = new FaultChain([latency], _sink, Context(maxBufferedBytes: 1 << 20));

        await WriteAsync(chain, "a");
        await WriteAsync(chain, "b");
        Task complete = chain.CompleteAsync(default).AsTask();
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(100)).DefaultTimeout();
        _time.Advance(TimeSpan.FromMilliseconds(99));
        _sink.Chunks.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await complete.DefaultTimeout();

        _sink.Chunks.ShouldBe(["a", "b", "|"]);
    }

    [Fact]
    public async Task TimeOutWhenIdle_ends_after_the_idle_time_and_restarts_with_each_chunk()
    {
        await using FaultChain chain = Chain(StreamFault.TimeOutWhenIdle(TimeSpan.FromSeconds(5)));

        _time.Advance(TimeSpan.FromSeconds(4));
        await WriteAsync(chain, "a");
        _time.Advance(TimeSpan.FromSeconds(4));
        _termination.Kind.ShouldBe(TerminationKind.None);
        _time.Advance(TimeSpan.FromSeconds(1));

        _termination.Kind.ShouldBe(TerminationKind.Close);
    }

    [Fact]
    public async Task TimeOutAfter_ends_after_the_total_time_regardless_of_chunks()
    {
        await using var chain = new FaultChain([StreamFault.TimeOutAfter(TimeSpan.FromSeconds(5))], _sink, Context(timeout: 408));

        _time.Advance(TimeSpan.FromSeconds(4));
        await WriteAsync(chain, "a");
        _time.Advance(TimeSpan.FromSeconds(1));

        (_termination.Kind, _termination.Status).ShouldBe((TerminationKind.Respond, 408));
    }

    [Fact]
    public async Task Chain_completed_before_the_timeout_is_not_terminated()
    {
        await using FaultChain chain = Chain(StreamFault.TimeOutAfter(TimeSpan.FromSeconds(5)));

        await chain.CompleteAsync(default);
        _time.Advance(TimeSpan.FromSeconds(10));

        _termination.Kind.ShouldBe(TerminationKind.None);
    }

    [Fact]
    public async Task Faults_apply_in_order()
    {
        await using FaultChain chain = Chain(StreamFault.BufferUntil(4), StreamFault.Split(2, 2), StreamFault.DelayByOneWrite());

        await WriteAsync(chain, "abc");
        _sink.Chunks.ShouldBeEmpty();
        await WriteAsync(chain, "def");

        _sink.Chunks.ShouldBe(["ab", "cd"]);
    }

    public void Dispose() => _termination.Dispose();

    private static Task WriteAsync(FaultChain chain, string text) =>
        chain.WriteAsync(Encoding.Latin1.GetBytes(text), default).DefaultTimeout();

    private FaultChain Chain(params StreamFault[] faults) => new(faults, _sink, Context());

    private StageContext Context(int maxBufferedBytes = 1000, int? overflow = null, int? timeout = null) =>
        new(_time, new Random(7), maxBufferedBytes, overflow, timeout, _termination);
}
