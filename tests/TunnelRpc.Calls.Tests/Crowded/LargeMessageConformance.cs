using System.Globalization;
using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Crowded;

/// <summary>
/// Many large messages at once, with default limits: all arrive on one session, and small calls pass beside them. A derived class selects
/// the transport. TUNNELRPC_LONG=1 makes ten times as many.
/// </summary>
public abstract class LargeMessageConformance : IAsyncLifetime
{
    private static readonly int Factor = Environment.GetEnvironmentVariable("TUNNELRPC_LONG") == "1" ? 10 : 1;

    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120 * Factor);

    private TunnelPair _pair = null!;

    public async Task InitializeAsync() => _pair = await StartAsync();

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    private protected abstract Task<TunnelPair> StartAsync();

    [Theory]
    [InlineData(false, 100, 1 << 20)]
    [InlineData(true, 100, 1 << 20)]
    [InlineData(false, 200, 100_000)]
    [InlineData(true, 200, 100_000)]
    [InlineData(false, 25, 4_000_000)]
    public async Task Large_calls_at_once_succeed_on_one_session_beside_small_ones(bool serverCallsClient, int count, int size)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        string session = _pair.Client.SessionId!;
        byte[] data = Pattern(size);
        using var done = new CancellationTokenSource();
        Task<int> small = AddUntilAsync(stub, done.Token);

        Task<byte[]>[] echoes = [.. Enumerable.Range(0, count * Factor).Select(_ => stub.ReverseAsync(data))];
        await Task.WhenAll(echoes).WaitAsync(HangTimeout);
        await done.CancelAsync();

        (await small.WaitAsync(HangTimeout)).ShouldBeGreaterThan(0);
        byte[] expected = [.. data.Reverse()];
        foreach (Task<byte[]> echo in echoes)
        {
            (await echo).AsSpan().SequenceEqual(expected).ShouldBeTrue();
        }

        _pair.Client.SessionId.ShouldBe(session);
    }

    [Theory]
    [InlineData(false, 20, 4, 2 << 20)]
    [InlineData(true, 20, 4, 2 << 20)]
    [InlineData(false, 48, 2, 500_000)]
    [InlineData(true, 200, 2, 20_000)]
    public async Task Streams_of_large_elements_at_once_arrive_whole_beside_small_calls(
        bool serverCallsClient, int streams, int elements, int size)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        string session = _pair.Client.SessionId!;
        using var done = new CancellationTokenSource();
        Task<int> small = AddUntilAsync(stub, done.Token);

        int[] counts = await Task.WhenAll(Enumerable.Range(0, streams * Factor).Select(_ => CountBlocksAsync(stub, elements, size)))
            .WaitAsync(HangTimeout);
        await done.CancelAsync();

        counts.ShouldAllBe(count => count == elements);
        (await small.WaitAsync(HangTimeout)).ShouldBeGreaterThan(0);
        _pair.Client.SessionId.ShouldBe(session);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Both_directions_at_once_succeed(bool streams)
    {
        (ITestService toServer, _) = _pair.Direction(serverCallsClient: false);
        (ITestService toClient, _) = _pair.Direction(serverCallsClient: true);
        byte[] data = Pattern(1 << 20);

        await Task.WhenAll(Enumerable.Range(0, 60 * Factor).Select(async i =>
        {
            ITestService stub = i % 2 == 0 ? toServer : toClient;
            if (streams)
            {
                (await CountBlocksAsync(stub, 3, 1 << 20)).ShouldBe(3);
            }
            else
            {
                (await stub.ReverseAsync(data)).Length.ShouldBe(data.Length);
            }
        })).WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Uploads_of_large_elements_at_once_arrive_whole(bool serverCallsClient)
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient);
        string word = new('x', 600_000);

        int[] lengths = await Task.WhenAll(Enumerable.Range(0, 30 * Factor).Select(async _ =>
        {
            int length = 0;
            await foreach (string shouted in stub.ShoutAsync(Repeat(word, 3), "!"))
            {
                length += shouted.Length;
            }

            return length;
        })).WaitAsync(HangTimeout);

        lengths.ShouldAllBe(length => length == 3 * (word.Length + 1));
    }

    [Fact]
    public async Task Streams_that_nobody_reads_do_not_stop_others()
    {
        (ITestService stub, _) = _pair.Direction(serverCallsClient: false);
        string session = _pair.Client.SessionId!;
        var unread = new List<IAsyncEnumerator<byte[]>>();
        for (int i = 0; i < 100; i++)
        {
            IAsyncEnumerator<byte[]> stream = stub.BlocksAsync(1000, 1 << 20).GetAsyncEnumerator();
            unread.Add(stream);
            (await stream.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeTrue();
        }

        (await CountAsync(stub.CountAsync(10_000))).ShouldBe(10_000);
        (await stub.ReverseAsync(Pattern(1 << 20)).WaitAsync(HangTimeout)).Length.ShouldBe(1 << 20);
        (await stub.AddAsync(1, 2)).ShouldBe(3);

        _pair.Client.SessionId.ShouldBe(session);
        foreach (IAsyncEnumerator<byte[]> stream in unread)
        {
            await stream.DisposeAsync().AsTask().WaitAsync(HangTimeout);
        }

        (await CountBlocksAsync(stub, 10, 1 << 20)).ShouldBe(10);
    }

    private static async Task<int> AddUntilAsync(ITestService stub, CancellationToken done)
    {
        int calls = 0;
        do
        {
            (await stub.AddAsync(calls, 1, CancellationToken.None)).ShouldBe(calls + 1);
            calls++;
        }
        while (!done.IsCancellationRequested);
        return calls;
    }

    private static async Task<int> CountBlocksAsync(ITestService stub, int elements, int size)
    {
        int count = 0;
        await foreach (byte[] block in stub.BlocksAsync(elements, size))
        {
            (block.Length, block[0], block[^1]).ShouldBe((size, (byte)count, (byte)count), count.ToString(CultureInfo.InvariantCulture));
            count++;
        }

        return count;
    }

    private static async Task<int> CountAsync(IAsyncEnumerable<int> numbers)
    {
        int count = 0;
        await foreach (int number in numbers)
        {
            number.ShouldBe(count++);
        }

        return count;
    }

    private static async IAsyncEnumerable<string> Repeat(string word, int times)
    {
        for (int i = 0; i < times; i++)
        {
            await Task.Yield();
            yield return word;
        }
    }

    private static byte[] Pattern(int size)
    {
        byte[] data = new byte[size];
        for (int i = 0; i < size; i++)
        {
            data[i] = (byte)(i * 31);
        }

        return data;
    }
}
