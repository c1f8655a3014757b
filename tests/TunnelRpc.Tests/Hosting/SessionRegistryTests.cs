using Microsoft.Extensions.Logging.Abstractions;
using TunnelRpc.Accounting;
using TunnelRpc.Hosting;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Hosting;

/// <summary>The registry of a server's sessions, without handshakes.</summary>
public sealed class SessionRegistryTests : IAsyncLifetime
{
    private readonly TunnelServerOptions _options = new() { TimeProvider = new FakeTimeProvider() };
    private readonly ServerMetrics _metrics = new(null);
    private readonly List<ITransportConnection> _connections = [];
    private MemoryLoadShedder _loadShedder = null!;
    private ClientPartitions _partitions = null!;
    private SessionRegistry _registry = null!;

    public Task InitializeAsync()
    {
        CreateRegistry();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (ServerSession session in _registry.Sessions)
        {
            ((ISessionRegistry)_registry).Remove(session);
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
    public async Task Add_returns_the_session_that_Find_returns()
    {
        ServerSession added = await AddAsync();
        ServerSession other = await AddAsync();

        _registry.Find(added.Info.Id).ShouldBeSameAs(added);
        ((ISessionRegistry)_registry).Find(added.Session.Parameters.Ticket.SessionId).ShouldBeSameAs(added);
        _registry.Sessions.ShouldBe([added, other], ignoreOrder: true);
        _registry.SessionIds.ShouldBe([added.Info.Id, other.Info.Id], ignoreOrder: true);
        _registry.Count.ShouldBe(2);
        _registry.Find("unknown").ShouldBeNull();
    }

    [Fact]
    public async Task Removed_session_is_not_found_is_in_no_group_and_completes_its_info()
    {
        ServerSession session = await AddAsync();
        string id = session.Info.Id;
        (await _registry.Groups.JoinAsync(id, "eu")).ShouldBeTrue();

        _registry.Remove(session).ShouldBeTrue();

        _registry.Find(id).ShouldBeNull();
        _registry.Count.ShouldBe(0);
        (await _registry.Groups.GetMembersAsync("eu")).ShouldBeEmpty();
        (await _registry.Groups.JoinAsync(id, "eu")).ShouldBeFalse();
        (session.IsUnregistered, session.Info.Completion.IsCompletedSuccessfully).ShouldBe((true, true));
        _registry.Remove(session).ShouldBeFalse();
        session.Peer.AbortBeforeStart(new TunnelException(TunnelStatus.Unavailable, "The test has ended."));
    }

    [Fact]
    public async Task Removal_by_the_handshake_completes_the_session()
    {
        ServerSession session = await AddAsync();

        ((ISessionRegistry)_registry).Remove(session);

        session.Completion.IsCompletedSuccessfully.ShouldBeTrue();
        _registry.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Add_at_MaxSessions_is_refused_until_a_session_is_removed()
    {
        _options.Limits.MaxSessions = 2;
        ServerSession first = await AddAsync();
        await AddAsync();

        TunnelException refused = await Should.ThrowAsync<TunnelException>(AddAsync);
        ((ISessionRegistry)_registry).Remove(first);
        await AddAsync();

        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldContain("limit of 2 sessions (limit MaxSessions)");
        _registry.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Admit_at_MaxSessions_is_refused()
    {
        _options.Limits.MaxSessions = 1;
        Admit();
        ServerSession session = await AddAsync();

        TunnelException refused = Should.Throw<TunnelException>(Admit);

        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldContain("limit MaxSessions");
        session.Session.IsEnding.ShouldBeFalse("a session with a path is not ended for a new one");
    }

    [Fact]
    public async Task Admit_at_MaxSessions_ends_the_sessions_that_have_been_disconnected_for_the_longest()
    {
        _options.Limits.MaxSessions = 3;
        ServerSession[] sessions = [await AddAsync(), await AddAsync(), await AddAsync()];
        foreach (ServerSession session in sessions)
        {
            session.Peer.Start();
        }

        foreach (ServerSession session in new[] { sessions[1], sessions[0] })
        {
            session.Session.Paths.Current.Stop();
            await Eventually.TrueAsync(() => session.Session.Paths.DisconnectedDuration is not null);
            ((FakeTimeProvider)_options.TimeProvider).Advance(TimeSpan.FromSeconds(1));
        }

        Admit();

        await sessions[1].Peer.SessionCompletion.DefaultTimeout();
        sessions[0].Session.IsEnding.ShouldBeFalse();
        sessions[2].Session.IsEnding.ShouldBeFalse();
        foreach (ServerSession session in sessions)
        {
            session.Session.End(new TunnelException(TunnelStatus.Unavailable, "The test has ended."));
            await session.Peer.Completion.DefaultTimeout();
            _registry.Remove(session).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Concurrent_adds_do_not_exceed_MaxSessions()
    {
        _options.Limits.MaxSessions = 10;
        var connections = new ITransportConnection[64];
        for (int i = 0; i < connections.Length; i++)
        {
            connections[i] = await ConnectAsync();
        }

        int refused = 0;
        await Parallel.ForEachAsync(connections, (connection, _) =>
        {
            try
            {
                Add(connection);
            }
            catch (TunnelException exception) when (exception.Status == TunnelStatus.ResourceExhausted)
            {
                Interlocked.Increment(ref refused);
            }

            return default;
        }).DefaultTimeout();

        _registry.Count.ShouldBe(10);
        refused.ShouldBe(connections.Length - 10);
    }

    [Fact]
    public async Task Shutdown_refuses_new_sessions_and_keeps_the_registered_ones()
    {
        ServerSession session = await AddAsync();

        _registry.BeginShutdown();

        Should.Throw<TunnelException>(Admit).Status.ShouldBe(TunnelStatus.Unavailable);
        TunnelException refused = await Should.ThrowAsync<TunnelException>(AddAsync);
        (refused.Status, refused.Message).ShouldBe(
            (TunnelStatus.Unavailable, "The server is shutting down. Retry later or use another address."));
        _registry.IsShuttingDown.ShouldBeTrue();
        _registry.Find(session.Info.Id).ShouldBeSameAs(session);
        _registry.Remove(session).ShouldBeTrue();
        session.OnCompleted();
        await _registry.DrainAsync("The test has ended.").DefaultTimeout();
        session.Peer.AbortBeforeStart(new TunnelException(TunnelStatus.Unavailable, "The test has ended."));
    }

    [Fact]
    public async Task WaitForCompletion_completes_when_every_session_has_completed()
    {
        ServerSession first = await AddAsync();
        ServerSession second = await AddAsync();

        Task completion = _registry.WaitForCompletionAsync();
        first.OnCompleted();
        bool completedEarly = completion.IsCompleted;
        second.OnCompleted();

        completedEarly.ShouldBeFalse();
        await completion.DefaultTimeout();
    }

    [Fact]
    public async Task Resume_window_is_that_of_the_options()
    {
        _options.ResumeWindow = TimeSpan.FromSeconds(7);
        CreateRegistry();
        await AddAsync();

        _registry.ResumeWindow.ShouldBe(TimeSpan.FromSeconds(7));
    }

    private void CreateRegistry()
    {
        _loadShedder = new MemoryLoadShedder(_options, () => _registry.Sessions, _metrics, NullLogger.Instance);
        _partitions = TestSessions.CreatePartitions(_options, _loadShedder, _metrics);
        _registry = new SessionRegistry(_options, _loadShedder, _partitions, _metrics, NullLogger.Instance, CreateSession);
    }

    private void Admit() => _registry.Admit(new TransportConnectionInfo("test"));

    private ServerSession CreateSession(
        SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer, PartitionSet partitions) =>
        TestSessions.Create(parameters, connection, receiveBuffer, _options, _loadShedder.Budget, partitions);

    private async Task<ITransportConnection> ConnectAsync()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        _connections.AddRange([client, server]);
        return server;
    }

    private async Task<ServerSession> AddAsync() => Add(await ConnectAsync());

    private ServerSession Add(ITransportConnection connection) =>
        _registry.Add(TestSessions.CreateParameters(_options, connection), connection, new ReceiveBuffer(connection));
}
