using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Claims;
using Shouldly;
using TunnelRpc.Calls.Tests.Cancelling;
using TunnelRpc.Calls.Tests.Lifetimes;
using TunnelRpc.Client;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Transports;
using TunnelRpc.Tests.Fuzz;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>
/// Sends mutated traffic of every shape of call to real servers and clients. Verifies that they do not crash or hang, that each case
/// allocates at most 64 MiB, that every call ends with an expected exception, and that other sessions keep working. A failure names its
/// seed.
/// </summary>
[Collection(RandomCancellationTests.CollectionName)]
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

        int atServer = await FeedServerAsync(server, compression, new UnmodifiedTraffic(traffic.Up), "unchanged");
        int atClient = await FeedClientAsync(compression, new UnmodifiedTraffic(traffic.Down), "unchanged");

        // 26 calls. Some of them fail or are cancelled on purpose.
        atServer.ShouldBeGreaterThan(12);
        atClient.ShouldBeGreaterThan(12);
    }

    [Fact]
    public async Task Recorded_traffic_has_the_exchanges_of_references_and_refusals()
    {
        RecordedTraffic traffic = await RecordedTraffic.RecordAsync(TunnelCompression.None);

        foreach (IReadOnlyList<RecordedFrame> frames in (IReadOnlyList<RecordedFrame>[])[traffic.Up, traffic.Down])
        {
            // Retained, released and refused.
            frames.Where(f => f.Type == FrameType.Reference).Select(f => f.Body.ShouldHaveSingleItem()).Distinct().Order()
                .ShouldBe([(byte)1, (byte)2, (byte)3]);
            frames.Count(f => f.Type == FrameType.Call && f.Flags.HasFlag(FrameFlags.OneWay) && f.Flags.HasFlag(FrameFlags.Metadata))
                .ShouldBeGreaterThanOrEqualTo(4);
            frames.ShouldContain(f => f.Type == FrameType.Cancel);
        }

        // The server does not authorize a call, and refuses it.
        traffic.Down.Where(f => f.Type == FrameType.Reply).Select(f => (TunnelStatus)f.Body[0])
            .ShouldContain(TunnelStatus.Unauthenticated);
    }

    [Theory, InlineData(TunnelCompression.None), InlineData(TunnelCompression.Brotli)]
    public async Task Server_survives_mutated_traffic_and_its_other_sessions_keep_working(TunnelCompression compression)
    {
        RecordedTraffic traffic = await RecordedTraffic.RecordAsync(compression);
        await using FuzzServer server = await FuzzServer.StartAsync(compression);
        TunnelClient bystander = await server.ConnectAsync(server.Transport);
        int succeeded = 0;

        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            byte[] bytes = TrafficMutation.Of(new Random(seed), traffic.Up);
            long before = GC.GetTotalAllocatedBytes();
            succeeded += await FeedServerAsync(server, compression, new SplitTraffic(bytes), $"seed {seed}");

            (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(MaxAllocatedBytes, $"seed {seed}");
            (await bystander.Get<ITestService>().AddAsync(seed, 1).AsTask().DefaultTimeout()).ShouldBe(seed + 1);
        }

        succeeded.ShouldBeGreaterThan(
            Cases, "more than one call per case must succeed on average, or the mutations break every session at once");
        server.Server.SessionIds.ShouldBe([bystander.SessionId!]);
        server.Log.Lines.ShouldNotContain(line => line.Contains("unexpected error", StringComparison.Ordinal));
        ShouldHaveObservedAll();
    }

    [Theory, InlineData(TunnelCompression.None), InlineData(TunnelCompression.Brotli)]
    public async Task Client_survives_mutated_traffic(TunnelCompression compression)
    {
        RecordedTraffic traffic = await RecordedTraffic.RecordAsync(compression);
        int succeeded = 0;

        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            byte[] bytes = TrafficMutation.Of(new Random(seed), traffic.Down);
            long before = GC.GetTotalAllocatedBytes();
            succeeded += await FeedClientAsync(compression, new SplitTraffic(bytes), $"seed {seed}");

            (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(MaxAllocatedBytes, $"seed {seed}");
        }

        succeeded.ShouldBeGreaterThan(
            Cases, "more than one call per case must succeed on average, or the mutations break every session at once");
        ShouldHaveObservedAll();
    }

    /// <summary>Sends traffic to the server after a valid handshake. Returns how many calls of the server succeeded.</summary>
    private static async Task<int> FeedServerAsync(FuzzServer server, TunnelCompression compression, ITraffic traffic, string label)
    {
        await using var listener = new InMemoryListener(CreateUser("ann"));
        ITransportConnection client =
            await new InMemoryTransport(
                listener).ConnectAsync(new TunnelEndpoint(new Uri("http://in-memory.invalid/")), CancellationToken.None);
        var watched = new WatchedConnection(await listener.AcceptAsync());
        List<PassingPair.Counted> passed = [];
        Task serving = server.Server.ServeAsync(watched, CancellationToken.None);
        (SessionParameters info, ReceiveBuffer input) = await SessionHandshake.DialAsync(
            client, new TunnelLimits(), Features(compression), CancellationToken.None).DefaultTimeout();
        input.Dispose();
        Task[] calls = server.CallClient(info.Id, passed);
        Task<bool> refreshing = Task.Run(() => Refresh(server.Server, info.Id, label));

        await SendAsync(client, watched, traffic);
        await serving.DefaultTimeout();

        (await refreshing.DefaultTimeout()).ShouldBeTrue(label);
        int succeeded = await EndAsync(calls, label);
        await ShouldHaveReleasedOnceAsync(passed, label);
        return succeeded;
    }

    /// <summary>Sends traffic to a client after a valid handshake. Returns how many calls of the client succeeded.</summary>
    private static async Task<int> FeedClientAsync(TunnelCompression compression, ITraffic traffic, string label)
    {
        var listener = new InMemoryListener();
        var transport = new WatchedTransport(new InMemoryTransport(listener));
        var callsStarted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = PlayAsync(listener, transport, compression, traffic, callsStarted.Task);
        int succeeded;
        await using (TunnelClient client = await TunnelClient.ConnectAsync(new Uri("http://in-memory.invalid/"), options =>
        {
            FuzzServer.Configure(options, compression);
            options.Transports.Clear();
            options.Transports.Add(transport);
            options.ConnectTimeout = TimeSpan.Zero;
            FuzzServer.Serve(options);
        }))
        {
            List<PassingPair.Counted> passed = [];
            Task[] calls = EveryShape.Start(FuzzStubs.Of(client), passed);
            callsStarted.SetResult();

            succeeded = await EndAsync(calls, label);
            await client.DisposeAsync();
            await ShouldHaveReleasedOnceAsync(passed, label);
        }

        await listener.DisposeAsync();
        await serving.DefaultTimeout();
        return succeeded;
    }

    /// <summary>Sends the traffic on the first connection and closes it. Refuses every further connection with NotFound.</summary>
    private static async Task PlayAsync(
        InMemoryListener listener, WatchedTransport transport, TunnelCompression compression, ITraffic traffic, Task callsStarted)
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
                    AcceptResult accepted =
                        await SessionHandshake.AcceptAsync(
                            connection, new TunnelLimits(), Features(compression), Guid.NewGuid(), null, CancellationToken.None)
                                .DefaultTimeout();
                    accepted.ReceiveBuffer.Dispose();
                    await callsStarted;
                    await SendAsync(connection, transport.First!, traffic);
                }
                else
                {
                    await SessionHandshake.RefuseAsync(
                        connection, TunnelStatus.NotFound, TimeSpan.Zero, "There is no such session to resume.", CancellationToken.None);
                    await connection.DisposeAsync();
                }
            }
        }
        catch (TransportException)
        {
            // The test has disposed the listener.
        }
    }

    /// <summary>
    /// Refreshes the user of a session while its traffic arrives: calls that arrive later may call <see cref="IGuarded"/>. Returns whether
    /// the user changed as it must: another user is refused. True if the session has ended already.
    /// </summary>
    private static bool Refresh(TunnelServer server, string session, string label)
    {
        if (server.FindSession(session) is not { } found)
        {
            return true;
        }

        found.RefreshUser(1, CreateUser("eve", FuzzServer.GuardedRole), null).ShouldBeFalse(label);
        found.RefreshUser(1, CreateUser("ann", FuzzServer.GuardedRole), null).ShouldBeTrue(label);
        return found.Info.User!.Identity!.Name == "ann";
    }

    private static ClaimsPrincipal CreateUser(string name, string? role = null) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, name), .. role is null ? [] : new[] { new Claim(ClaimTypes.Role, role) }], "fuzz"));

    /// <summary>
    /// Waits until each object that a one-way call passed is disposed, and asserts that none was disposed twice: neither a missing nor a
    /// repeated REFERENCE leaves or releases one.
    /// </summary>
    private static async Task ShouldHaveReleasedOnceAsync(List<PassingPair.Counted> passed, string label)
    {
        passed.ShouldNotBeEmpty();
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (passed.Any(stream => stream.DisposedCount == 0))
        {
            guard.IsCancellationRequested.ShouldBeFalse($"{label}: an object was not released when its session had ended");
            await Task.Delay(1);
        }

        passed.ShouldAllBe(stream => stream.DisposedCount == 1, label);
    }

    private static SessionFeatures Features(TunnelCompression compression) =>
        compression == TunnelCompression.Brotli ? SessionFeatures.Brotli : SessionFeatures.None;

    /// <summary>
    /// Sends the traffic until it ends or the peer closes the connection, and disposes the connection when the peer has processed the
    /// bytes. Reads concurrently.
    /// </summary>
    private static async Task SendAsync(ITransportConnection connection, WatchedConnection other, ITraffic traffic)
    {
        // The handshake has completed, so the peer has read all of its bytes.
        long before = other.Read;
        var opened = new OpenedStreams();
        Task reading = DrainAsync(connection, opened);
        try
        {
            long sent = 0;
            await foreach (byte[] chunk in traffic.ChunksAsync(opened))
            {
                await connection.WriteAsync(new ReadOnlySequence<byte>(chunk), CancellationToken.None).DefaultTimeout();
                sent += chunk.Length;
            }

            await other.WaitForReadAsync(sent, before).DefaultTimeout();
        }
        catch (TransportException)
        {
            // The peer closed the connection.
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
            // One of the sides closed the connection.
        }
    }

    private static async Task<int> EndAsync(Task[] calls, string label)
    {
        int succeeded = 0;
        for (int i = 0; i < calls.Length; i++)
        {
            succeeded += await EveryShape.EndAsync(calls[i], $"{label}, call {i}") ? 1 : 0;
        }

        return succeeded;
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
