using System.Text;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

public sealed class SessionHandshakeTests : IAsyncLifetime
{
    private static readonly Guid Instance = Guid.NewGuid();

    private readonly TunnelLimits _limits = new();
    private ITransportConnection _client = null!;
    private ITransportConnection _server = null!;

    public async Task InitializeAsync() => (_client, _server) = await InMemoryLink.OpenAsync();

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Handshake_gives_both_sides_the_same_session()
    {
        var serverLimits = new TunnelLimits { StreamWindow = 4096, MaxConcurrentCalls = 3, MaxMessageSize = 2048 };

        Task<AcceptResult> accepting =
            SessionHandshake.AcceptAsync(_server, serverLimits, SessionFeatures.None, Instance, null, default).AsTask();
        (SessionParameters client, ReceiveBuffer clientInput) =
            await SessionHandshake.DialAsync(_client, _limits, SessionFeatures.None, default).DefaultTimeout();
        (SessionParameters server, ReceiveBuffer serverInput, _) = await accepting.DefaultTimeout();

        client.Id.ShouldBe(server.Id);
        client.Ticket.Key.ShouldBe(server.Ticket.Key);
        client.Ticket.Key.Length.ShouldBe(32);
        client.IsClient.ShouldBeTrue();
        server.IsClient.ShouldBeFalse();
        client.PeerLimits.ShouldBe(new PeerLimits(4096, 2048, 3, 16 << 20, 64 << 20));
        server.PeerLimits.ShouldBe(PeerLimits.From(_limits));
        client.ServerInstance.ShouldBe(Instance);
        client.Epoch.ShouldBe(1u);
        clientInput.Dispose();
        serverInput.Dispose();
    }

    [Theory]
    [InlineData(SessionFeatures.None, SessionFeatures.Brotli, SessionFeatures.None)]
    [InlineData(SessionFeatures.Brotli, SessionFeatures.None, SessionFeatures.None)]
    [InlineData(SessionFeatures.Brotli, SessionFeatures.Brotli, SessionFeatures.Brotli)]
    [InlineData((SessionFeatures)0xFFFFFFFF, SessionFeatures.Brotli, SessionFeatures.Brotli)]
    internal async Task Feature_is_used_if_both_sides_support_it(SessionFeatures clients, SessionFeatures servers, SessionFeatures agreed)
    {
        Task<AcceptResult> accepting = SessionHandshake.AcceptAsync(_server, _limits, servers, Instance, null, default).AsTask();
        (SessionParameters client, ReceiveBuffer clientInput) =
            await SessionHandshake.DialAsync(_client, _limits, clients, default).DefaultTimeout();
        (SessionParameters server, ReceiveBuffer serverInput, _) = await accepting.DefaultTimeout();

        client.Features.ShouldBe(agreed);
        server.Features.ShouldBe(agreed);
        clientInput.Dispose();
        serverInput.Dispose();
    }

    [Fact]
    public async Task Bytes_after_the_last_handshake_record_stay_in_the_receive_buffer()
    {
        var peer = new RawPeer(_server);
        Task<(SessionParameters Info, ReceiveBuffer Input)> dialing =
            SessionHandshake.DialAsync(_client, _limits, SessionFeatures.None, default).AsTask();
        await WelcomeAsync(peer, static welcome => welcome);
        await peer.ReadRecordAsync(RecordType.Confirm);

        await peer.SendAsync([.. Wire.Record(RecordType.Ready), .. Wire.Record(RecordType.Data, 42)]);
        (_, ReceiveBuffer input) = await dialing.DefaultTimeout();

        while (input.Buffered.Length < 5)
        {
            (await input.ReadMoreAsync(default).DefaultTimeout()).ShouldBeTrue();
        }

        input.Buffered.ToArray().ShouldBe(Wire.Record(RecordType.Data, 42));
        input.Dispose();
    }

    [Fact]
    public async Task Ignorable_records_during_the_handshake_are_skipped()
    {
        var peer = new RawPeer(_server);
        Task<(SessionParameters Info, ReceiveBuffer Input)> dialing =
            SessionHandshake.DialAsync(_client, _limits, SessionFeatures.None, default).AsTask();
        await peer.SendAsync(RecordType.Pad, new byte[1000]);
        await WelcomeAsync(peer, static welcome => welcome);
        await peer.ReadRecordAsync(RecordType.Confirm);

        await peer.SendAsync(RecordType.Pad, new byte[1000]);
        await peer.SendAsync(RecordType.Ready);

        (await dialing.DefaultTimeout()).Input.Dispose();
    }

    [Fact]
    public async Task Client_without_a_common_version_is_refused_and_both_versions_are_named()
    {
        var peer = new RawPeer(_client);
        Task accepting = AcceptAsync();

        await peer.SendAsync(RecordType.Hello, new Hello(2, 9, 0, Guid.NewGuid(), PeerLimits.From(_limits), null).ToPayload());
        Refusal refusal = Refusal.Parse(await peer.ReadRecordAsync(RecordType.Refuse));

        refusal.Reason.ShouldBe("Expected a HELLO that offers protocol version 1, got versions 2 to 9: update one of the two sides.");
        (await Should.ThrowAsync<TunnelProtocolException>(accepting.DefaultTimeout())).Message.ShouldBe(refusal.Reason);
    }

    [Fact]
    public async Task Request_of_another_protocol_is_refused()
    {
        var peer = new RawPeer(_client);
        Task accepting = AcceptAsync();

        await peer.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));

        (await Should.ThrowAsync<TunnelProtocolException>(accepting.DefaultTimeout())).Message.ShouldContain("got 0x47");
        Refusal.Parse(await peer.ReadRecordAsync(RecordType.Refuse)).Reason.ShouldContain("Expected a record of type");
    }

    [Fact]
    public async Task Response_of_another_protocol_is_refused()
    {
        var peer = new RawPeer(_server);
        Task dialing = SessionHandshake.DialAsync(_client, _limits, SessionFeatures.None, default).AsTask();

        await peer.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));

        (await Should.ThrowAsync<TunnelProtocolException>(dialing.DefaultTimeout())).Message.ShouldContain("got 0x48");
    }

    [Fact]
    public async Task Refusal_reaches_the_client_with_status_and_reason()
    {
        Task dialing = SessionHandshake.DialAsync(_client, _limits, SessionFeatures.None, default).AsTask();

        await SessionHandshake.RefuseAsync(_server, TunnelStatus.ResourceExhausted, TimeSpan.FromSeconds(5), "It is full.", default);

        TunnelException error = await Should.ThrowAsync<TunnelException>(dialing.DefaultTimeout());
        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldBe("The server refused the session: It is full.");
    }

    [Fact]
    public async Task WELCOME_with_another_nonce_is_refused()
    {
        var peer = new RawPeer(_server);
        Task dialing = SessionHandshake.DialAsync(_client, _limits, SessionFeatures.None, default).AsTask();

        await WelcomeAsync(peer, static welcome => welcome with { ClientNonce = Guid.NewGuid() });

        (await Should.ThrowAsync<TunnelProtocolException>(dialing.DefaultTimeout())).Message.ShouldContain("echoes this HELLO's nonce");
    }

    [Fact]
    public async Task WELCOME_with_a_version_that_was_not_offered_is_refused()
    {
        var peer = new RawPeer(_server);
        Task dialing = SessionHandshake.DialAsync(_client, _limits, SessionFeatures.None, default).AsTask();

        await WelcomeAsync(peer, static welcome => welcome with { Version = 2 });

        (await Should.ThrowAsync<TunnelProtocolException>(dialing.DefaultTimeout()))
            .Message.ShouldBe("Expected protocol version 1, which HELLO offered, got 2.");
    }

    [Fact]
    public async Task CONFIRM_with_another_nonce_is_refused()
    {
        var peer = new RawPeer(_client);
        Task accepting = AcceptAsync();
        await HelloAsync(peer, null);
        await peer.ReadRecordAsync(RecordType.Welcome);

        await peer.SendAsync(RecordType.Confirm, Guid.NewGuid().ToByteArray());

        (await Should.ThrowAsync<TunnelProtocolException>(accepting.DefaultTimeout())).Message.ShouldContain("echoes the nonce of WELCOME");
        Refusal.Parse(await peer.ReadRecordAsync(RecordType.Refuse)).Status.ShouldBe(TunnelStatus.Internal);
    }

    [Fact]
    public async Task Resume_of_an_unknown_session_is_refused_as_not_found()
    {
        var peer = new RawPeer(_client);
        Task accepting = AcceptAsync();

        await HelloAsync(peer, new ResumeRequest(Guid.NewGuid(), 2, 1000, new byte[32]));

        Refusal.Parse(await peer.ReadRecordAsync(RecordType.Refuse)).Status.ShouldBe(TunnelStatus.NotFound);
        (await Should.ThrowAsync<TunnelException>(accepting.DefaultTimeout())).Status.ShouldBe(TunnelStatus.NotFound);
    }

    [Theory]
    [InlineData(RecordType.Confirm)]
    [InlineData(RecordType.Ping)]
    [InlineData(RecordType.Close)]
    internal async Task Record_other_than_HELLO_is_refused(RecordType type)
    {
        var peer = new RawPeer(_client);
        Task accepting = AcceptAsync();

        await peer.SendAsync(type, new byte[16]);

        (await Should.ThrowAsync<TunnelProtocolException>(accepting.DefaultTimeout()))
            .Message.ShouldBe($"Expected a record Hello, got {type}.");
    }

    [Fact]
    public async Task Data_during_the_handshake_is_refused_by_its_header()
    {
        var peer = new RawPeer(_client);
        Task accepting = AcceptAsync();

        await peer.SendAsync((byte[])[(byte)RecordType.Data, 0xFF, 0xFF, 0xFF]);

        (await Should.ThrowAsync<TunnelProtocolException>(accepting.DefaultTimeout()))
            .Message.ShouldBe("Expected a handshake record, got Data of 16777215 bytes.");
    }

    [Fact]
    public async Task Path_that_ends_during_the_handshake_is_a_transport_failure()
    {
        Task accepting = AcceptAsync();

        await _client.DisposeAsync();

        (await Should.ThrowAsync<TransportException>(accepting.DefaultTimeout()))
            .Message.ShouldBe("The path ended in the middle of the handshake.");
    }

    [Fact]
    public async Task Client_that_sends_no_HELLO_is_disconnected_after_HandshakeTimeout()
    {
        var time = new FakeTimeProvider();
        ServiceCollection services = new();
        services.AddTunnelRpc(options =>
        {
            options.TimeProvider = time;
            options.HandshakeTimeout = TimeSpan.FromSeconds(10);
        });
        await using ServiceProvider provider = services.BuildServiceProvider();
        Task serving = provider.GetRequiredService<TunnelServer>().ServeAsync(_server, default);
        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(10)).DefaultTimeout();

        time.Advance(TimeSpan.FromSeconds(9.9));
        serving.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(0.1));

        await serving.DefaultTimeout();
        (await new RawPeer(_client).TryReadRecordAsync()).ShouldBeNull();
        await time.ShouldHaveNoActiveTimersAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_handshake_record_is_one_write(bool dialing)
    {
        await using var counted = new CountingConnection(dialing ? _client : _server);

        Task<AcceptResult> accept =
            SessionHandshake.AcceptAsync(dialing ? _server : counted, _limits, SessionFeatures.None, Instance, null, default).AsTask();
        (await SessionHandshake.DialAsync(dialing ? counted : _client, _limits, SessionFeatures.None, default)
            .DefaultTimeout()).Input.Dispose();
        (await accept.DefaultTimeout()).ReceiveBuffer.Dispose();

        counted.Writes.ShouldBe(2);
    }

    private Task<AcceptResult> AcceptAsync() =>
        SessionHandshake.AcceptAsync(_server, _limits, SessionFeatures.None, Instance, null, default).AsTask();

    private Task HelloAsync(RawPeer peer, ResumeRequest? resume) =>
        peer.SendAsync(RecordType.Hello, new Hello(1, 1, 0, Guid.NewGuid(), PeerLimits.From(_limits), resume).ToPayload());

    private async Task WelcomeAsync(RawPeer peer, Func<Welcome, Welcome> change)
    {
        Hello hello = Hello.Parse(await peer.ReadRecordAsync(RecordType.Hello));
        var welcome = new Welcome(
            1, 0, hello.Nonce, Guid.NewGuid(), PeerLimits.From(_limits), Instance, 1, 0,
            new SessionTicket(Guid.NewGuid(), new byte[32], TimeSpan.Zero));
        await peer.SendAsync(RecordType.Welcome, change(welcome).ToPayload());
    }
}
