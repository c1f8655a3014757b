using System.Security.Cryptography;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using static TunnelRpc.Tests.Sessions.SessionWriting;

namespace TunnelRpc.Tests.Sessions;

/// <summary>
/// Migration of a session to another path: each byte is delivered once, and only the session's client can request a path.
/// </summary>
public sealed class SessionMigrationTests : IAsyncLifetime
{
    private static readonly Guid Instance = Guid.NewGuid();
    private readonly TunnelServerOptions _options = new() { TimeProvider = new FakeTimeProvider() };
    private readonly RecordingSink _clientSink = new();
    private readonly RecordingSink _serverSink = new();
    private readonly SingleSessionRegistry _registry = new();
    private TunnelSession _client = null!;
    private TunnelSession _server = null!;
    private ITransportConnection _firstAtClient = null!;
    private ITransportConnection _firstAtServer = null!;

    public async Task InitializeAsync()
    {
        (_firstAtClient, _firstAtServer) = await InMemoryLink.OpenAsync();
        var ticket = new SessionTicket(Guid.NewGuid(), RandomNumberGenerator.GetBytes(32), TimeSpan.Zero);
        var limits = PeerLimits.From(_options.Limits);
        var atClient = new SessionParameters(true, ticket, limits, 1, Instance, _firstAtClient.Info);
        var atServer = new SessionParameters(false, ticket, limits, 1, Instance, _firstAtServer.Info);
        _client = new TunnelSession(atClient, _firstAtClient, new ReceiveBuffer(_firstAtClient), _options);
        _server = new TunnelSession(atServer, _firstAtServer, new ReceiveBuffer(_firstAtServer), _options);
        _registry.Session = _server;
        _client.Start(_clientSink);
        _server.Start(_serverSink);
    }

    public async Task DisposeAsync()
    {
        _client.End(new TunnelException(TunnelStatus.Unavailable, "The test is over."));
        _server.End(new TunnelException(TunnelStatus.Unavailable, "The test is over."));
        await _client.Completion.DefaultTimeout();
        await _server.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Session_migrates_and_continues_on_the_new_path()
    {
        Write(_client, [1, 2, 3]);
        (await _serverSink.ReceivedAsync(3).DefaultTimeout()).ShouldBe([1, 2, 3]);

        (SessionPath client, SessionPath server) = await MigrateAsync().DefaultTimeout();
        Write(_client, [4]);
        Write(_server, [9]);

        (await _serverSink.ReceivedAsync(4).DefaultTimeout()).ShouldBe([1, 2, 3, 4]);
        (await _clientSink.ReceivedAsync(1).DefaultTimeout()).ShouldBe([9]);
        (client.Epoch, server.Epoch).ShouldBe((2u, 2u));
        (_client.Parameters.Epoch, _server.Parameters.Epoch).ShouldBe((2u, 2u));
        (await Should.ThrowAsync<TransportException>(() => _firstAtClient.ReadAsync(new byte[1], default).AsTask()))
            .Message.ShouldNotBeEmpty();
        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task Session_with_hundreds_of_migrations_delivers_each_byte_once(int seed)
    {
        var random = new Random(seed);
        byte[] up = new byte[3_000_000];
        byte[] down = new byte[2_000_000];
        random.NextBytes(up);
        random.NextBytes(down);
        Task writing = Task.WhenAll(WriteAsync(_client, up, new Random(seed + 1)), WriteAsync(_server, down, new Random(seed + 2)));

        int migrations = 0;
        while (migrations < 300 && !(writing.IsCompleted && migrations >= 50))
        {
            await MigrateAsync().DefaultTimeout();
            migrations++;
        }

        await writing.DefaultTimeout();
        (await _serverSink.ReceivedAsync(up.Length).DefaultTimeout()).AsSpan().SequenceEqual(up).ShouldBeTrue($"seed {seed}");
        (await _clientSink.ReceivedAsync(down.Length).DefaultTimeout()).AsSpan().SequenceEqual(down).ShouldBeTrue($"seed {seed}");
        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));
        _client.Parameters.Epoch.ShouldBe((uint)migrations + 1);
    }

    [Fact]
    public async Task Loss_of_the_old_path_during_a_migration_does_not_end_the_session()
    {
        PathMigration atClient = _client.Paths.BeginMigration();
        PathMigration atServer = _server.Paths.BeginMigration();
        await _firstAtServer.DisposeAsync();
        await _client.Paths.Current.Stopped.DefaultTimeout();
        await _server.Paths.Current.Stopped.DefaultTimeout();
        Write(_client, [1, 2]);

        await MigrateAsync().DefaultTimeout();
        atClient.Dispose();
        atServer.Dispose();

        (await _serverSink.ReceivedAsync(2).DefaultTimeout()).ShouldBe([1, 2]);
        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Disconnected_path_ends_the_session_when_the_pending_migration_fails()
    {
        PathMigration migration = _client.Paths.BeginMigration();
        await _firstAtServer.DisposeAsync();
        await _client.Paths.Current.Stopped.DefaultTimeout();
        _clientSink.Ends.ShouldBe(0);

        migration.Dispose();

        (await _clientSink.Ended.DefaultTimeout()).Message.ShouldStartWith("The path to the peer was lost: ");
    }

    [Fact]
    public async Task Wrong_proof_and_unknown_session_are_refused_alike_and_stale_epoch_differently()
    {
        SessionTicket ticket = _client.Parameters.Ticket;
        var other = new SessionTicket(ticket.SessionId, new byte[32], TimeSpan.Zero);
        var unknown = new SessionTicket(Guid.NewGuid(), ticket.Key, TimeSpan.Zero);

        string wrongProof = await RefusalAsync(other, epoch: 2);
        string noSession = await RefusalAsync(unknown, epoch: 2);
        string staleEpoch = await RefusalAsync(ticket, epoch: 1);

        wrongProof.ShouldContain("There is no such session to resume.");
        noSession.ShouldBe(wrongProof);
        staleEpoch.ShouldContain("Another path of this session was requested later");
        _serverSink.Ends.ShouldBe(0);
    }

    [Fact]
    public async Task Replayed_HELLO_is_refused()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        var nonce = Guid.NewGuid();
        SessionTicket ticket = _client.Parameters.Ticket;
        var resume = new ResumeRequest(ticket.SessionId, 2, 0, SessionProof.Compute(ticket, 2, 0, nonce));
        var hello = new Hello(1, 1, SessionFeatures.None, nonce, PeerLimits.From(_options.Limits), resume);
        Task first = AcceptAsync(server).AsTask();
        var peer = new RawPeer(client);
        await peer.SendAsync(Wire.Record(RecordType.Hello, hello.ToPayload()));
        await peer.ReadRecordAsync(RecordType.Welcome);

        (ITransportConnection again, ITransportConnection serverAgain) = await InMemoryLink.OpenAsync();
        Task second = AcceptAsync(serverAgain).AsTask();
        var replayer = new RawPeer(again);
        await replayer.SendAsync(Wire.Record(RecordType.Hello, hello.ToPayload()));

        await replayer.ReadRecordAsync(RecordType.Refuse);
        await Should.ThrowAsync<TunnelException>(() => second.DefaultTimeout());
        await client.DisposeAsync();
        await Should.ThrowAsync<TransportException>(() => first.DefaultTimeout());
        _server.Parameters.Epoch.ShouldBe(1u);
    }

    [Fact]
    public async Task Resume_with_a_received_offset_beyond_the_sent_offset_is_refused()
    {
        SessionTicket ticket = _client.Parameters.Ticket;

        string refusal = await RefusalAsync(ticket, epoch: 2, received: 1);

        refusal.ShouldContain("Expected a peer that has received at most 0 bytes, which is what was sent, got 1.");
    }

    [Fact]
    public async Task Path_with_a_lower_epoch_does_not_replace_a_later_path()
    {
        (ITransportConnection early, _) = await InMemoryLink.OpenAsync();
        uint epoch = _client.Paths.ClaimNextEpoch();
        await MigrateAsync().DefaultTimeout();

        SessionPath? attached = await _client.Paths.AttachAsync(early, new ReceiveBuffer(early), epoch, 0).DefaultTimeout();

        attached.ShouldBeNull();
        _client.Parameters.Epoch.ShouldBe(3u);
        Write(_client, [5]);
        (await _serverSink.ReceivedAsync(1).DefaultTimeout()).ShouldBe([5]);
    }

    [Fact]
    public async Task Ended_session_refuses_migration()
    {
        await _client.CloseAsync(TunnelStatus.Ok, "done").DefaultTimeout();
        (ITransportConnection late, _) = await InMemoryLink.OpenAsync();

        (await _client.Paths.AttachAsync(late, new ReceiveBuffer(late), 2, 0).DefaultTimeout()).ShouldBeNull();

        _server.Paths.TryClaimEpoch(2).ShouldBeFalse();
    }

    [Fact]
    public async Task Session_that_is_not_started_refuses_migration()
    {
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        TunnelSession session = SessionFactory.Create(isClient: false, near, _options);

        session.Paths.TryClaimEpoch(2).ShouldBeFalse();
        session.Start(new RecordingSink());
        session.Paths.TryClaimEpoch(2).ShouldBeTrue();

        await far.DisposeAsync();
        await session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Replaced_path_stops_at_once_and_the_last_path_with_the_session()
    {
        SessionPath first = _server.Paths.Current;

        (_, SessionPath second) = await MigrateAsync().DefaultTimeout();
        await first.Stopped.DefaultTimeout();
        second.Stopped.IsCompleted.ShouldBeFalse();
        await _client.CloseAsync(TunnelStatus.Ok, "done").DefaultTimeout();
        await _server.Completion.DefaultTimeout();

        second.Stopped.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Path_without_progress_is_stalled_and_path_with_an_ack_is_not()
    {
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        TunnelSession session = SessionFactory.Create(isClient: true, near, _options);
        session.Start(new RecordingSink());
        PathProgress idle = session.GetPathProgress();
        session.GetPathProgress().IsStalledSince(idle).ShouldBeFalse();

        var peer = new RawPeer(far);
        Write(session, new byte[100]);
        await peer.ReadRecordAsync(RecordType.Data);
        PathProgress sent = session.GetPathProgress();

        session.GetPathProgress().IsStalledSince(sent).ShouldBeTrue();
        await peer.SendAsync([.. Wire.Number(RecordType.Ack, 40), .. Wire.Number(RecordType.Ping, 1)]);
        await peer.ReadRecordAsync(RecordType.Pong);
        session.GetPathProgress().IsStalledSince(sent).ShouldBeFalse();
        await far.DisposeAsync();
        await session.Completion.DefaultTimeout();
    }

    private async Task<(SessionPath Client, SessionPath Server)> MigrateAsync()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        using PathMigration migration = _client.Paths.BeginMigration();
        ValueTask<AcceptResult> accepting = AcceptAsync(server);
        ResumeResult path = await SessionHandshake.ResumeAsync(client, _client, _options.Limits, null, CancellationToken.None);
        SessionPath? attached = await _client.Paths.AttachAsync(client, path.ReceiveBuffer, path.Epoch, path.AcknowledgedOffset);
        AcceptResult accepted = await accepting;
        return (attached.ShouldNotBeNull(), accepted.ResumedPath.ShouldNotBeNull());
    }

    private ValueTask<AcceptResult> AcceptAsync(ITransportConnection server) =>
        SessionHandshake.AcceptAsync(server, _options.Limits, SessionFeatures.None, Instance, _registry, CancellationToken.None);

    private async Task<string> RefusalAsync(SessionTicket ticket, uint epoch, ulong received = 0)
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        Task accepting = AcceptAsync(server).AsTask();
        var peer = new RawPeer(client);
        var nonce = Guid.NewGuid();
        var resume = new ResumeRequest(ticket.SessionId, epoch, received, SessionProof.Compute(ticket, epoch, received, nonce));
        var hello = new Hello(1, 1, SessionFeatures.None, nonce, PeerLimits.From(_options.Limits), resume);
        await peer.SendAsync(Wire.Record(RecordType.Hello, hello.ToPayload()));
        byte[] refusal = await peer.ReadRecordAsync(RecordType.Refuse);
        await Should.ThrowAsync<TunnelException>(() => accepting.DefaultTimeout());
        await client.DisposeAsync();
        await server.DisposeAsync();
        return Refusal.Parse(refusal).Reason;
    }
}
