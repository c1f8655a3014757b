using System.Buffers;
using System.Collections.Concurrent;
using Shouldly;
using TunnelRpc.Calls.Tests.Cancelling;
using TunnelRpc.Client;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Transports;
using TunnelRpc.Tests.Fuzz;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>
/// Real servers and clients fed with mutated traffic of every shape of call: nothing crashes, nothing hangs, memory stays in
/// proportion, every call ends in words, and no other session is hurt. A failing seed is in the message.
/// </summary>
[Collection(RandomCancellationTests.Alone)]
public sealed class TrafficFuzzTests : IDisposable
{
    private const int Cases = 300;
    private const long MaxAllocatedBytes = 64L << 20;

    private readonly ConcurrentQueue<Exception> _unobserved = new();

    public TrafficFuzzTests() => TaskScheduler.UnobservedTaskException += OnUnobserved;

    public void Dispose() => TaskScheduler.UnobservedTaskException -= OnUnobserved;

    [Theory, InlineData(TunnelCompression.None), InlineData(TunnelCompression.Brotli)]
    public async Task Unmodified_traffic_is_served(TunnelCompression compression)
    {
        RecordedTraffic traffic = await RecordedTraffic.RecordAsync(compression);
        await using FuzzServer server = await FuzzServer.StartAsync(compression);

        int atServer = await FeedServerAsync(server, compression, new HonestTraffic(traffic.Up), "unchanged");
        int atClient = await FeedClientAsync(compression, new HonestTraffic(traffic.Down), "unchanged");

        // Of 19: what fails, and what is cancelled, does so on purpose.
        atServer.ShouldBeGreaterThan(8);
        atClient.ShouldBeGreaterThan(8);
    }

    [Theory, InlineData(TunnelCompression.None), InlineData(TunnelCompression.Brotli)]
    public async Task Server_survives_mutated_traffic_and_its_other_sessions_keep_working(TunnelCompression compression)
    {
        RecordedTraffic traffic = await RecordedTraffic.RecordAsync(compression);
        await using FuzzServer server = await FuzzServer.StartAsync(compression);
        TunnelClient bystander = await server.ConnectAsync(server.Transport);
        int good = 0;

        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            byte[] bytes = TrafficMutation.Of(new Random(seed), traffic.Up);
            long before = GC.GetTotalAllocatedBytes();
            good += await FeedServerAsync(server, compression, new SplitTraffic(bytes), $"seed {seed}");

            (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(MaxAllocatedBytes, $"seed {seed}");
            (await bystander.Get<ITestService>().AddAsync(seed, 1).AsTask().DefaultTimeout()).ShouldBe(seed + 1);
        }

        good.ShouldBeGreaterThan(Cases, "else the changes break everything at once");
        server.Server.SessionIds.ShouldBe([bystander.SessionId!]);
        server.Log.Lines.ShouldNotContain(line => line.Contains("unexpected error", StringComparison.Ordinal));
        ShouldHaveObservedAll();
    }

    [Theory, InlineData(TunnelCompression.None), InlineData(TunnelCompression.Brotli)]
    public async Task Client_survives_mutated_traffic(TunnelCompression compression)
    {
        RecordedTraffic traffic = await RecordedTraffic.RecordAsync(compression);
        int good = 0;

        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            byte[] bytes = TrafficMutation.Of(new Random(seed), traffic.Down);
            long before = GC.GetTotalAllocatedBytes();
            good += await FeedClientAsync(compression, new SplitTraffic(bytes), $"seed {seed}");

            (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(MaxAllocatedBytes, $"seed {seed}");
        }

        good.ShouldBeGreaterThan(Cases, "else the changes break everything at once");
        ShouldHaveObservedAll();
    }

    /// <summary>A client whose handshake is honest and the rest is not; gives how many of the server's own calls had a good end.</summary>
    private static async Task<int> FeedServerAsync(FuzzServer server, TunnelCompression compression, ITraffic traffic, string which)
    {
        await using var listener = new InMemoryListener();
        ITransportConnection client = await new InMemoryTransport(listener).ConnectAsync(new TunnelEndpoint(new Uri("http://in-memory.invalid/")), CancellationToken.None);
        var watched = new WatchedConnection(await listener.AcceptAsync());
        Task serving = server.Server.ServeAsync(watched, CancellationToken.None);
        (SessionParameters info, ReceiveBuffer input) = await SessionHandshake.DialAsync(client, new TunnelLimits(), Features(compression), CancellationToken.None).DefaultTimeout();
        input.Dispose();
        Task[] calls = server.CallClient(info.Id);

        await SendAsync(client, watched, traffic);
        await serving.DefaultTimeout();

        return await EndAsync(calls, which);
    }

    /// <summary>A server likewise; gives how many of the client's calls had a good end.</summary>
    private static async Task<int> FeedClientAsync(TunnelCompression compression, ITraffic traffic, string which)
    {
        var listener = new InMemoryListener();
        var transport = new WatchedTransport(new InMemoryTransport(listener));
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = PlayAsync(listener, transport, compression, traffic, called.Task);
        int good;
        await using (TunnelClient client = await TunnelClient.ConnectAsync(new Uri("http://in-memory.invalid/"), options =>
        {
            FuzzServer.Configure(options, compression);
            options.Transports.Clear();
            options.Transports.Add(transport);
            options.ConnectTimeout = TimeSpan.Zero;
            FuzzServer.Serve(options);
        }))
        {
            Task[] calls = EveryShape.Start(client.Get<ITestService>(), client.Get<IReferenceService>());
            called.SetResult();

            good = await EndAsync(calls, which);
        }

        await listener.DisposeAsync();
        await serving.DefaultTimeout();
        return good;
    }

    /// <summary>The first connection gets the bytes and its end; who comes then, to go on or anew, finds nobody.</summary>
    private static async Task PlayAsync(InMemoryListener listener, WatchedTransport transport, TunnelCompression compression, ITraffic traffic, Task called)
    {
        bool isFirst = true;
        try
        {
            while (true)
            {
                ITransportConnection connection = await listener.AcceptAsync();
                if (isFirst)
                {
                    isFirst = false;
                    AcceptResult accepted = await SessionHandshake.AcceptAsync(connection, new TunnelLimits(), Features(compression), Guid.NewGuid(), null, CancellationToken.None).DefaultTimeout();
                    accepted.ReceiveBuffer.Dispose();
                    await called;
                    await SendAsync(connection, transport.First!, traffic);
                }
                else
                {
                    await SessionHandshake.RefuseAsync(connection, TunnelStatus.NotFound, TimeSpan.Zero, "There is no such session to resume.", CancellationToken.None);
                    await connection.DisposeAsync();
                }
            }
        }
        catch (TransportException)
        {
            // The test is over.
        }
    }

    private static SessionFeatures Features(TunnelCompression compression) => compression == TunnelCompression.Brotli ? SessionFeatures.Brotli : SessionFeatures.None;

    /// <summary>Sends everything, as long as there is somebody, and ends the path when it was taken; reads all the while.</summary>
    private static async Task SendAsync(ITransportConnection connection, WatchedConnection other, ITraffic traffic)
    {
        // The handshake is over: all of it was read.
        long before = other.Read;
        var opened = new OpenedStreams();
        Task reading = DrainAsync(connection, opened);
        try
        {
            long sent = 0;
            await foreach (byte[] piece in traffic.ChunksAsync(opened))
            {
                await connection.WriteAsync(new ReadOnlySequence<byte>(piece), CancellationToken.None).DefaultTimeout();
                sent += piece.Length;
            }

            await other.WaitForReadAsync(sent, before).DefaultTimeout();
        }
        catch (TransportException)
        {
            // The other side has had enough.
        }

        await connection.DisposeAsync();
        await reading.DefaultTimeout();
    }

    private sealed class WatchedTransport(ITransport inner) : ITransport
    {
        public string Name => inner.Name;

        public WatchedConnection? First { get; private set; }

        public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
        {
            var connection = new WatchedConnection(await inner.ConnectAsync(endpoint, cancellationToken));
            First ??= connection;
            return connection;
        }
    }

    private static async Task DrainAsync(ITransportConnection connection, OpenedStreams opened)
    {
        byte[] buffer = new byte[16 << 10];
        try
        {
            while (await connection.ReadAsync(buffer, CancellationToken.None) is > 0 and int count)
            {
                opened.Read(buffer.AsSpan(0, count));
            }
        }
        catch (TransportException)
        {
            // Closed on either side.
        }
    }

    private static async Task<int> EndAsync(Task[] calls, string which)
    {
        int good = 0;
        for (int i = 0; i < calls.Length; i++)
        {
            good += await EveryShape.EndAsync(calls[i], $"{which}, call {i}") ? 1 : 0;
        }

        return good;
    }

    private void ShouldHaveObservedAll()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        _unobserved.ShouldBeEmpty();
    }

    private void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs e) => _unobserved.Enqueue(e.Exception);
}
