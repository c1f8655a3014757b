using System.Runtime.CompilerServices;
using TunnelRpc.Calls;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;
using Xunit.Abstractions;

namespace TunnelRpc.Tests.Accounting;

/// <summary>
/// Many streams and sessions at the same time: with small buffers, and with streams that the application does not consume.
/// </summary>
public sealed class QueueTests(ITestOutputHelper output)
{
    private const int Kilobyte = 1 << 10;

    [Fact]
    public async Task Unconsumed_stream_uses_one_window_and_delays_neither_streams_nor_calls()
    {
        const int Elements = 3000;
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IKeeper>(new Keeper()).DefaultTimeout();
        IKeeper stub = host.Get<IKeeper>();
        await using IAsyncEnumerator<byte[]> stalled = stub.GiveAsync(Kilobyte).GetAsyncEnumerator();
        (await stalled.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();

        // Twelve windows of other items pass in each direction.
        Task<int> down = CountAsync(stub.GiveAsync(Kilobyte), Elements);
        Task<int> up = stub.TakeAsync(int.MaxValue, BlocksAsync(Elements, Kilobyte)).AsTask();
        for (int i = 0; i < 200; i++)
        {
            (await stub.MakeAsync(100).DefaultTimeout()).Length.ShouldBe(100);
        }

        (await down.DefaultTimeout(), await up.DefaultTimeout()).ShouldBe((Elements, Elements));
        long accounted = host.Client.CurrentPeer!.Session.Memory.AccountedCallBytes;
        accounted.ShouldBeInRange(200 * Kilobyte, 300 * Kilobyte);
        (await stalled.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();
    }

    [Fact]
    public async Task Subscriber_that_consumes_nothing_uses_one_window_and_delays_no_other()
    {
        const int Subscribers = 20;
        const int Elements = 1000;
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IKeeper>(new Keeper()).DefaultTimeout();
        await using IAsyncEnumerator<byte[]> slow = host.Get<IKeeper>().GiveAsync(Kilobyte).GetAsyncEnumerator();
        (await slow.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();

        int[] counts = await Task.WhenAll(Enumerable.Range(0, Subscribers).Select(async _ =>
            await CountAsync((await host.ConnectAsync()).Get<IKeeper>().GiveAsync(Kilobyte), Elements))).DefaultTimeout();

        counts.ShouldAllBe(count => count == Elements);
        MemoryOf(host, host.Client.SessionId!).AccountedBytes.ShouldBeLessThan(100 * Kilobyte, "the window is at the subscriber");
    }

    [Fact]
    public async Task Both_sides_write_concurrently_over_a_tiny_buffer_and_everything_arrives()
    {
        const int Calls = 8;
        const int Size = 100 * Kilobyte;
        await using var server = new AccountedServer(UseSmallLimits);
        var options = new TunnelServerOptions { TimeProvider = server.Time };
        UseSmallLimits(options.Limits);
        (TinyConnection near, TinyConnection far) = TinyConnection.Open();
        Task serving = server.Server.ServeAsync(far, CancellationToken.None);
        (SessionParameters info, ReceiveBuffer input) =
            await SessionHandshake.DialAsync(near, options.Limits, SessionFeatures.None, CancellationToken.None).DefaultTimeout();
        var keeper = new Keeper();
        var table = new DispatchTable();
        table.Add(Definition<IKeeper>(), new InstanceActivator<IKeeper>(keeper));
        await using var peer = new TunnelPeer(
            new TunnelSession(info, near, input, options), options, table, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        peer.Start();
        server.Keeper.Release();
        keeper.Release();
        IKeeper up = Definition<IKeeper>().CreateStub(peer.Invoker);
        IKeeper down = server.Clients.Session(info.Id);

        // Arguments, replies and streams in both directions: every side writes, and reads only after it could write.
        IEnumerable<Task<int>> all = Enumerable.Range(0, Calls).SelectMany(_ => new[] { up, down }).SelectMany(stub => new[]
        {
            stub.KeepAsync(new byte[Size]).AsTask(),
            LengthAsync(stub),
            stub.TakeAsync(int.MaxValue, BlocksAsync(20, 5 * Kilobyte)).AsTask(),
            CountAsync(stub.GiveAsync(5 * Kilobyte), 20),
        });
        Task<int[]> calls = Task.WhenAll(all);

        // Acknowledgements that no write carries are due after 25 ms.
        await Eventually.TrueAsync(() => calls.IsCompleted, () => server.Time.Advance(TimeSpan.FromMilliseconds(25)));
        int[] results = await calls.DefaultTimeout();

        results.Chunk(4).ShouldAllBe(r => r.SequenceEqual(new[] { Size, Size, 20, 20 }));
        await peer.CloseAsync(TunnelStatus.Ok, "done").DefaultTimeout();
        await serving.DefaultTimeout();
        (peer.Session.Memory.AccountedBytes, server.Server.MemoryBudget.AccountedBytes, server.Server.MemoryBudget.UnreleasedBytes)
            .ShouldBe((0, 0, 0));

        static async Task<int> LengthAsync(IKeeper stub) => (await stub.MakeAsync(Size)).Length;
    }

    [Fact]
    public async Task Ten_thousand_cancelled_streams_leave_nothing()
    {
        const int Streams = 10_000;
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IKeeper>(new Keeper()).DefaultTimeout();
        IKeeper stub = host.Get<IKeeper>();
        int consumed = 0;

        await Parallel.ForAsync(0, Streams, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            // Cancelled between two items, or while it is opened.
            await using IAsyncEnumerator<byte[]> stream = stub.GiveAsync(100, CancellationToken.None)
                .GetAsyncEnumerator(CancellationToken.None);
            ValueTask<bool> first = stream.MoveNextAsync();
            if (i % 2 == 0)
            {
                (await first).ShouldBeTrue();
                Interlocked.Increment(ref consumed);
            }
            else
            {
                await first;
            }
        }).DefaultTimeout();

        consumed.ShouldBe(Streams / 2);
        TunnelPeer served = host.Server.FindSession(host.Client.SessionId!)!.Peer;
        await Eventually.TrueAsync(() => served.Multiplexer is { OpenStreamCount: 0, IncomingCalls.Count: 0 });
        await Eventually.TrueAsync(() => served.Session.Memory is { AccountedBytes: 0, AccountedCallBytes: 0 });
        (await stub.MakeAsync(100).DefaultTimeout()).Length.ShouldBe(100);
    }

    [Fact]
    public async Task Ten_thousand_idle_sessions_use_little_memory_and_reply()
    {
        const int Sessions = 10_000;
        await using var server = new AccountedServer();
        server.Keeper.Release();
        await using (RawClient first = await server.ConnectAsync())
        {
            await first.KeepAsync(10);
        }

        await Eventually.TrueAsync(() => server.Server.SessionIds.Count == 0);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = new List<RawClient>(Sessions);
        for (int i = 0; i < Sessions; i++)
        {
            clients.Add(await server.ConnectAsync());
        }

        long idle = (GC.GetTotalMemory(forceFullCollection: true) - before) / Sessions;
        long accounted = server.Server.MemoryBudget.AccountedBytes;
        for (int i = 0; i < Sessions; i += 100)
        {
            await clients[i].KeepAsync(10);
            await clients[i].Peer.ReadFrameAsync();
        }

        output.WriteLine($"An idle session takes {idle:N0} bytes: the server's side, its connection in memory and the test's end of that.");
        server.Server.SessionIds.Count.ShouldBe(Sessions);
        accounted.ShouldBe(0);
        idle.ShouldBeLessThan(64 * Kilobyte);
        foreach (RawClient client in clients)
        {
            await client.DisposeAsync();
        }

        await server.ShouldHaveReleasedMemoryAsync();
    }

    private static void UseSmallLimits(TunnelLimits limits)
    {
        limits.MaxUnacknowledgedBytes = 4096;
        limits.StreamWindow = 1024;
        limits.MaxConcurrentCalls = 4;
    }

    private static TunnelRpc.Accounting.MemoryAccount MemoryOf(TunnelTestHost host, string session) =>
        host.Server.FindSession(session)!.Peer.Session.Memory;

    private static TunnelServiceDefinition<TService> Definition<TService>()
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition;

    private static async Task<int> CountAsync(IAsyncEnumerable<byte[]> blocks, int most)
    {
        int count = 0;
        await foreach (byte[] _ in blocks)
        {
            if (++count == most)
            {
                break;
            }
        }

        return count;
    }

    private static async IAsyncEnumerable<byte[]> BlocksAsync(
        int count, int size, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < count && !cancellationToken.IsCancellationRequested; i++)
        {
            await Task.Yield();
            yield return new byte[size];
        }
    }
}
