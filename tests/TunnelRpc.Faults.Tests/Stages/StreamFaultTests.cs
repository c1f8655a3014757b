using System.Text;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Testing.Faults.Relaying;
using TunnelRpc.Testing.Faults.Stages;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Faults.Tests.Stages;

/// <summary>What each fault does to one direction's pieces, without sockets: exactly, and at once.</summary>
public sealed class StreamFaultTests : IDisposable
{
    private readonly RecordingSink _sink = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RelayEnd _end = new(CancellationToken.None);

    [Fact]
    public async Task One_behind_delivers_a_piece_when_the_next_comes_and_the_last_at_the_end()
    {
        await using FaultChain chain = Chain(StreamFault.OneBehind());

        await WriteAsync(chain, "a");
        _sink.Pieces.ShouldBeEmpty();
        await WriteAsync(chain, "b");
        _sink.Pieces.ShouldBe(["a"]);
        await chain.CompleteAsync(default);

        _sink.Pieces.ShouldBe(["a", "b", "|"]);
    }

    [Fact]
    public async Task Held_bytes_come_when_there_are_enough_of_them()
    {
        await using FaultChain chain = Chain(StreamFault.HoldUntil(4));

        await WriteAsync(chain, "abc");
        _sink.Pieces.ShouldBeEmpty();
        await WriteAsync(chain, "de");
        await WriteAsync(chain, "f");

        _sink.Pieces.ShouldBe(["abcde", "f"]);
    }

    [Fact]
    public async Task What_is_held_until_complete_comes_with_the_end()
    {
        await using FaultChain chain = Chain(StreamFault.HoldUntilComplete());

        await WriteAsync(chain, "ab");
        await WriteAsync(chain, "cd");
        _sink.Pieces.ShouldBeEmpty();
        await chain.CompleteAsync(default);

        _sink.Pieces.ShouldBe(["abcd", "|"]);
    }

    [Theory]
    [InlineData(null, EndKind.Reset)]
    [InlineData(413, EndKind.Answer)]
    public async Task More_than_may_be_held_ends_the_connection(int? status, object expected)
    {
        await using var chain = new FaultChain([StreamFault.HoldUntilComplete()], _sink, Context(maxHeld: 3, overflow: status));
        await WriteAsync(chain, "abc");

        await Should.ThrowAsync<OperationCanceledException>(() => chain.WriteAsync("d"u8.ToArray(), _end.Token).AsTask());

        (_end.Kind, _end.Status).ShouldBe(((EndKind)expected, status));
        _sink.Pieces.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_black_hole_swallows_everything_after_its_bytes_and_the_end()
    {
        await using FaultChain chain = Chain(StreamFault.BlackHoleAfter(3));

        await WriteAsync(chain, "ab");
        await WriteAsync(chain, "cd");
        await WriteAsync(chain, "e");
        await chain.CompleteAsync(default);

        _sink.Pieces.ShouldBe(["ab", "c"]);
        _end.Kind.ShouldBe(EndKind.None);
    }

    [Fact]
    public async Task A_reset_comes_behind_its_bytes()
    {
        await using FaultChain chain = Chain(StreamFault.ResetAfter(3));

        await WriteAsync(chain, "ab");
        _end.Kind.ShouldBe(EndKind.None);
        await Should.ThrowAsync<OperationCanceledException>(() => chain.WriteAsync("cd"u8.ToArray(), _end.Token).AsTask());

        _sink.Text.ShouldBe("abc");
        _end.Kind.ShouldBe(EndKind.Reset);
    }

    [Fact]
    public async Task Splitting_gives_single_bytes_for_as_long_as_it_is_wanted()
    {
        await using FaultChain chain = Chain(StreamFault.Split(firstBytes: 3));

        await WriteAsync(chain, "ab");
        await WriteAsync(chain, "cdef");

        _sink.Pieces.ShouldBe(["a", "b", "c", "def"]);
    }

    [Fact]
    public async Task Random_pieces_are_the_same_for_the_same_seed()
    {
        string text = new('x', 1000);
        var other = new RecordingSink();
        await using FaultChain first = Chain(StreamFault.Split(1, 50));
        await using var second = new FaultChain([StreamFault.Split(1, 50)], other, Context());

        await WriteAsync(first, text);
        await WriteAsync(second, text);

        _sink.Pieces.Count.ShouldBeInRange(21, 999);
        other.Pieces.ShouldBe(_sink.Pieces);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1", "GET / HTTP/1.1")]
    [InlineData("\u0016\u0003\u0001", "")]
    [InlineData("hello you", "")]
    public async Task What_does_not_begin_as_HTTP_is_swallowed(string sent, string delivered)
    {
        await using FaultChain chain = Chain(StreamFault.SwallowUnlessHttp());

        await WriteAsync(chain, sent);

        _sink.Text.ShouldBe(delivered);
    }

    [Fact]
    public async Task Latency_delivers_in_order_when_the_time_has_come_and_not_before()
    {
        await using var chain = new FaultChain([StreamFault.Latency(TimeSpan.FromMilliseconds(100))], _sink, Context(maxHeld: 1 << 20));

        await WriteAsync(chain, "a");
        await WriteAsync(chain, "b");
        Task complete = chain.CompleteAsync(default).AsTask();
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(100)).OrHang();
        _time.Advance(TimeSpan.FromMilliseconds(99));
        _sink.Pieces.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await complete.OrHang();

        _sink.Pieces.ShouldBe(["a", "b", "|"]);
    }

    [Fact]
    public async Task Silence_ends_and_every_piece_starts_the_time_again()
    {
        await using FaultChain chain = Chain(StreamFault.EndWhenSilent(TimeSpan.FromSeconds(5)));

        _time.Advance(TimeSpan.FromSeconds(4));
        await WriteAsync(chain, "a");
        _time.Advance(TimeSpan.FromSeconds(4));
        _end.Kind.ShouldBe(EndKind.None);
        _time.Advance(TimeSpan.FromSeconds(1));

        _end.Kind.ShouldBe(EndKind.Close);
    }

    [Fact]
    public async Task A_limit_of_the_whole_time_does_not_care_for_pieces()
    {
        await using var chain = new FaultChain([StreamFault.EndAfter(TimeSpan.FromSeconds(5))], _sink, Context(timeout: 408));

        _time.Advance(TimeSpan.FromSeconds(4));
        await WriteAsync(chain, "a");
        _time.Advance(TimeSpan.FromSeconds(1));

        (_end.Kind, _end.Status).ShouldBe((EndKind.Answer, 408));
    }

    [Fact]
    public async Task What_has_ended_in_time_is_left_alone()
    {
        await using FaultChain chain = Chain(StreamFault.EndAfter(TimeSpan.FromSeconds(5)));

        await chain.CompleteAsync(default);
        _time.Advance(TimeSpan.FromSeconds(10));

        _end.Kind.ShouldBe(EndKind.None);
    }

    [Fact]
    public async Task Faults_apply_in_their_order()
    {
        await using FaultChain chain = Chain(StreamFault.HoldUntil(4), StreamFault.Split(2, 2), StreamFault.OneBehind());

        await WriteAsync(chain, "abc");
        _sink.Pieces.ShouldBeEmpty();
        await WriteAsync(chain, "def");

        _sink.Pieces.ShouldBe(["ab", "cd"]);
    }

    public void Dispose() => _end.Dispose();

    private static Task WriteAsync(FaultChain chain, string text) => chain.WriteAsync(Encoding.Latin1.GetBytes(text), default).OrHang();

    private FaultChain Chain(params StreamFault[] faults) => new(faults, _sink, Context());

    private StageContext Context(int maxHeld = 1000, int? overflow = null, int? timeout = null) => new(_time, new Random(7), maxHeld, overflow, timeout, _end);
}
