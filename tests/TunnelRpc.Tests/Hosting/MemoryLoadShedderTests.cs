using Microsoft.Extensions.Logging.Abstractions;
using TunnelRpc.Accounting;
using TunnelRpc.Hosting;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Hosting;

/// <summary>When sessions are searched for one to abort, with bytes that the test accounts itself.</summary>
public sealed class MemoryLoadShedderTests : IAsyncLifetime
{
    private const int Megabyte = 1 << 20;
    private const string RemoteEndPoint = "198.51.100.7:5000";

    private readonly FakeTimeProvider _time = new();
    private readonly TunnelServerOptions _options;
    private readonly ServerMetrics _metrics = new(null);
    private readonly List<ITransportConnection> _connections = [];
    private readonly List<ServerSession> _sessions = [];
    private readonly MemoryLoadShedder _loadShedder;
    private readonly ClientPartitions _partitions;

    // Changed atomically: the sweeps that have read the sessions.
    private int _sweepCount;

    public MemoryLoadShedderTests()
    {
        _options = new() { TimeProvider = _time };
        _options.Limits.PerRemoteAddress.MaxBufferedBytes = 8 * Megabyte;
        _loadShedder = new MemoryLoadShedder(
            _options,
            () =>
            {
                Interlocked.Increment(ref _sweepCount);
                return _sessions;
            },
            _metrics,
            NullLogger.Instance);
        _partitions = TestSessions.CreatePartitions(_options, _loadShedder, _metrics);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ServerSession session in _sessions)
        {
            session.Session.End(new TunnelException(TunnelStatus.Unavailable, "The test has ended."));
            await session.Peer.Completion.DefaultTimeout();
        }

        foreach (ITransportConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await _loadShedder.DisposeAsync();
        await _partitions.DisposeAsync();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Largest_session_of_an_address_above_its_limit_is_aborted()
    {
        ServerSession small = await AddAsync();
        ServerSession large = await AddAsync();

        small.Session.Memory.Add(2 * Megabyte);
        large.Session.Memory.Add(7 * Megabyte);

        await Eventually.TrueAsync(() => large.Session.IsEnding);
        small.Session.IsEnding.ShouldBeFalse();
    }

    [Fact]
    public async Task Excess_that_is_reached_while_sweeps_pause_is_found_when_the_pause_ends()
    {
        ServerSession small = await AddAsync();
        ServerSession large = await AddAsync();

        // What the calls of a session hold that has been aborted. The others are within the limit, so no session can be aborted for it.
        using PartitionSet aborted = _partitions.Rent(user: null, RemoteEndPoint);
        aborted.AddBytes(9 * Megabyte);
        small.Session.Memory.Add(Megabyte);
        int seen = 0;
        await Eventually.TrueAsync(() =>
        {
            int before = seen;
            seen = Volatile.Read(ref _sweepCount);
            Nudge(small);
            return seen > 0 && before == seen;
        });
        large.Session.Memory.Add(8 * Megabyte);
        _time.Advance(TimeSpan.FromMilliseconds(100));

        await Eventually.TrueAsync(() => large.Session.IsEnding);
        small.Session.IsEnding.ShouldBeFalse();
    }

    /// <summary>Makes the address request a sweep.</summary>
    private static void Nudge(ServerSession session)
    {
        session.Session.Memory.Add(Megabyte / 32);
        session.Session.Memory.Add(-Megabyte / 32);
    }

    private async Task<ServerSession> AddAsync()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        _connections.AddRange([client, server]);
        ServerSession added = TestSessions.Create(
            TestSessions.CreateParameters(_options, server),
            server,
            new ReceiveBuffer(server),
            _options,
            _loadShedder.Budget,
            _partitions.Rent(user: null, RemoteEndPoint));
        added.Peer.Start();
        _sessions.Add(added);
        return added;
    }
}
