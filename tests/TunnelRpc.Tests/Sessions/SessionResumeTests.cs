using System.Security.Cryptography;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using static TunnelRpc.Tests.Sessions.SessionWriting;

namespace TunnelRpc.Tests.Sessions;

/// <summary>
/// Resumption of a session whose only path is disconnected: it continues on another path, or ends when its resume window expires.
/// </summary>
public sealed class SessionResumeTests : IAsyncLifetime
{
    private static readonly Guid Instance = Guid.NewGuid();
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingSink _clientSink = new();
    private readonly RecordingSink _serverSink = new();
    private readonly SingleSessionRegistry _registry = new();
    private TunnelOptions _options = null!;
    private TunnelSession _client = null!;
    private TunnelSession _server = null!;
    private ITransportConnection _firstAtClient = null!;
    private ITransportConnection _firstAtServer = null!;

    public async Task InitializeAsync()
    {
        _options = new TunnelServerOptions { TimeProvider = _time, ResumeWindow = Window };
        (_firstAtClient, _firstAtServer) = await InMemoryLink.OpenAsync();
        var ticket = new SessionTicket(Guid.NewGuid(), RandomNumberGenerator.GetBytes(32), TimeSpan.FromMinutes(2));
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
    public async Task Session_without_a_path_continues_on_the_next_path()
    {
        await DisconnectPathAsync();
        Write(_client, [1, 2]);
        Write(_server, [9]);
        _client.Paths.DisconnectedDuration.ShouldNotBeNull();

        await ResumeAsync().DefaultTimeout();

        (await _serverSink.ReceivedAsync(2).DefaultTimeout()).ShouldBe([1, 2]);
        (await _clientSink.ReceivedAsync(1).DefaultTimeout()).ShouldBe([9]);
        (_client.Paths.DisconnectedDuration, _server.Paths.DisconnectedDuration).ShouldBe((null, null));
        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Session_without_a_path_ends_after_ResumeWindow_and_states_the_reason()
    {
        await DisconnectPathAsync();
        _time.Advance(Window - TimeSpan.FromMilliseconds(1));
        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));

        _time.Advance(TimeSpan.FromMilliseconds(1));

        TunnelException ended = await _clientSink.Ended.DefaultTimeout();
        ended.Status.ShouldBe(TunnelStatus.Unavailable);
        ended.Message.ShouldStartWith("The path to the peer was lost, and no other one was found within 00:00:30 (ResumeWindow): ");
        (await _serverSink.Ended.DefaultTimeout()).Message.ShouldContain("ResumeWindow");
        await _client.Completion.DefaultTimeout();
        await _server.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task ResumeWindow_starts_anew_with_each_disconnected_path()
    {
        await DisconnectPathAsync();
        _time.Advance(Window - TimeSpan.FromSeconds(1));
        (ITransportConnection second, _) = await ResumeAsync().DefaultTimeout();

        await DisconnectPathAsync(second);
        _time.Advance(Window - TimeSpan.FromSeconds(1));

        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));
        _time.Advance(TimeSpan.FromSeconds(1));
        await _clientSink.Ended.DefaultTimeout();
    }

    [Fact]
    public async Task ResumeWindow_that_expires_during_a_migration_ends_the_session_only_if_the_migration_fails()
    {
        await DisconnectPathAsync();
        PathMigration atClient = _client.Paths.BeginMigration();
        PathMigration atServer = _server.Paths.BeginMigration();
        _time.Advance(Window * 2);
        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));

        await ResumeAsync().DefaultTimeout();
        atClient.Dispose();

        _clientSink.Ends.ShouldBe(0);
        atServer.Dispose();
        _serverSink.Ends.ShouldBe(0);
    }

    [Fact]
    public async Task Smaller_ResumeWindow_applies_and_zero_ends_the_session_with_its_path()
    {
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        var ticket = new SessionTicket(Guid.NewGuid(), new byte[32], TimeSpan.FromSeconds(5));
        var parameters = new SessionParameters(true, ticket, PeerLimits.From(_options.Limits), 1, Instance, near.Info);
        var session = new TunnelSession(parameters, near, new ReceiveBuffer(near), _options);
        session.Paths.ResumeWindow.ShouldBe(TimeSpan.FromSeconds(5));
        var none = new TunnelServerOptions { TimeProvider = _time, ResumeWindow = TimeSpan.Zero };
        var strict = new TunnelSession(parameters, near, new ReceiveBuffer(near), none);
        var sink = new RecordingSink();
        strict.Start(sink);

        await far.DisposeAsync();

        (await sink.Ended.DefaultTimeout()).Message.ShouldStartWith("The path to the peer was lost: ");
        await strict.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Session_without_a_path_closes_at_once()
    {
        await DisconnectPathAsync();

        await _client.CloseAsync(TunnelStatus.Ok, "enough").DefaultTimeout();

        (await _clientSink.Ended.DefaultTimeout()).Message.ShouldBe(
            "This side closed the tunnel: enough. The session had no path, so the peer was not notified.");
    }

    [Fact]
    public async Task Closing_session_ends_with_its_path()
    {
        Task closing = _client.CloseAsync(TunnelStatus.Ok, "enough");
        await _firstAtServer.DisposeAsync();

        await closing.DefaultTimeout();

        _clientSink.Ends.ShouldBe(1);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task Session_with_hundreds_of_disconnected_paths_delivers_each_byte_once(int seed)
    {
        var random = new Random(seed);
        byte[] up = new byte[2_000_000];
        byte[] down = new byte[1_500_000];
        random.NextBytes(up);
        random.NextBytes(down);
        Task writing = Task.WhenAll(WriteAsync(_client, up, new Random(seed + 1)), WriteAsync(_server, down, new Random(seed + 2)));

        int disconnects = 0;
        (ITransportConnection client, ITransportConnection server) = (_firstAtClient, _firstAtServer);
        while (disconnects < 200 && !(writing.IsCompleted && disconnects >= 50))
        {
            // Either side detects the loss first.
            await (random.Next(2) == 0 ? client : server).DisposeAsync();
            await _client.Paths.Disconnected.DefaultTimeout();
            if (random.Next(2) == 0)
            {
                await _server.Paths.Disconnected.DefaultTimeout();
            }

            (client, server) = await ResumeAsync().DefaultTimeout();
            disconnects++;
        }

        await writing.DefaultTimeout();
        (await _serverSink.ReceivedAsync(up.Length).DefaultTimeout()).AsSpan().SequenceEqual(up).ShouldBeTrue($"seed {seed}");
        (await _clientSink.ReceivedAsync(down.Length).DefaultTimeout()).AsSpan().SequenceEqual(down).ShouldBeTrue($"seed {seed}");
        (_clientSink.Ends, _serverSink.Ends).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Concurrent_resume_attempts_send_one_CONFIRM()
    {
        await DisconnectPathAsync();
        using var confirmGate = new SemaphoreSlim(1, 1);
        (ITransportConnection one, ITransportConnection oneAtServer) = await InMemoryLink.OpenAsync();
        (ITransportConnection two, ITransportConnection twoAtServer) = await InMemoryLink.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        Task<AcceptResult> acceptingOne = AcceptAsync(oneAtServer).AsTask();

        ResumeResult first = await SessionHandshake.ResumeAsync(one, _client, _options.Limits, confirmGate, cancellation.Token)
            .DefaultTimeout();
        Task<AcceptResult> acceptingTwo = AcceptAsync(twoAtServer).AsTask();
        Task<ResumeResult> second = SessionHandshake.ResumeAsync(two, _client, _options.Limits, confirmGate, cancellation.Token).AsTask();
        await acceptingOne.DefaultTimeout();
        await _client.Paths.AttachAsync(one, first.ReceiveBuffer, first.Epoch, first.AcknowledgedOffset).DefaultTimeout();
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => second.DefaultTimeout());
        await two.DisposeAsync();
        await Should.ThrowAsync<TransportException>(() => acceptingTwo.DefaultTimeout());
        Write(_client, [5]);
        (await _serverSink.ReceivedAsync(1).DefaultTimeout()).ShouldBe([5]);
    }

    private async Task DisconnectPathAsync(ITransportConnection? atClient = null)
    {
        await (atClient ?? _firstAtClient).DisposeAsync();
        await _client.Paths.Disconnected.DefaultTimeout();
        await _server.Paths.Disconnected.DefaultTimeout();
    }

    private async Task<(ITransportConnection Client, ITransportConnection Server)> ResumeAsync()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        ValueTask<AcceptResult> accepting = AcceptAsync(server);
        ResumeResult path = await SessionHandshake.ResumeAsync(client, _client, _options.Limits, null, CancellationToken.None);
        (await _client.Paths.AttachAsync(client, path.ReceiveBuffer, path.Epoch, path.AcknowledgedOffset)).ShouldNotBeNull();
        await accepting;
        return (client, server);
    }

    private ValueTask<AcceptResult> AcceptAsync(ITransportConnection server) =>
        SessionHandshake.AcceptAsync(server, _options.Limits, SessionFeatures.None, Instance, _registry, CancellationToken.None);
}
