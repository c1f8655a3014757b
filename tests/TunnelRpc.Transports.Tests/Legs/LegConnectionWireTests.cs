using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>The start, end and timeouts of a leg connection on the server, seen on the wire.</summary>
public sealed class LegConnectionWireTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData("not-hex")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Malformed_connection_id_is_not_accepted(string id)
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address) { Id = id };

        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(426);
    }

    [Theory]
    [InlineData("1 stream")]
    [InlineData("2 blocks poll")]
    [InlineData("1 poll blocks")]
    public async Task Unknown_leg_combination_is_refused(string legs)
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address) { Legs = legs };

        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Response_of_an_intermediary_is_reported()
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new TwoConnectionTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask();
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);

        await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nPlease login", TimeoutToken);

        TransportException failure = await Should.ThrowAsync<TransportException>(() => connecting);
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("responded in the server's place");
    }

    [Fact]
    public async Task Ended_connection_responds_410_to_its_client_only()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        using LegPeer guesser = new(server.Address) { Id = peer.Id };

        (await peer.SendForTextAsync(peer.CreateUpload("end 1 0 0 0 0"), TimeoutToken)).Status.ShouldBe(204);
        (await connection.ReadAsync(new byte[1], TimeoutToken)).ShouldBe(0);
        await connection.DisposeAsync();

        (await peer.SendForTextAsync(peer.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410);
        (await peer.SendForTextAsync(peer.CreateDownload("poll 2 0 0 0 0"), TimeoutToken)).Status.ShouldBe(410);
        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(410);
        (await guesser.SendForTextAsync(guesser.Block(0, "x"), TimeoutToken)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Client_reset_fails_reads_and_writes_of_the_server()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        await peer.BlockAsync(0, "half a ", TimeoutToken);

        (await peer.SendForTextAsync(peer.CreateUpload("reset 2 7 0 0 0"), TimeoutToken)).Status.ShouldBe(204);

        (await connection.ReadTextAsync(7, TimeoutToken)).ShouldBe("half a ");
        (await Should.ThrowAsync<TransportException>(() => connection.ReadAsync(new byte[1], TimeoutToken).AsTask()))
            .Message.ShouldContain("before all of its bytes arrived");
        await Should.ThrowAsync<TransportException>(() => connection.WriteAsync("x", TimeoutToken).AsTask());
    }

    [Fact]
    public async Task Connection_without_exchange_fails_after_30_seconds()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(time));
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        Task<int> reading = connection.ReadAsync(new byte[1], TimeoutToken).AsTask();

        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(30));

        (await Should.ThrowAsync<TransportException>(() => reading)).Message.ShouldContain("the client had no open exchange for 30 s");
        (await peer.SendForTextAsync(peer.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task Pending_connection_without_upload_ends_after_10_seconds()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(time));
        using LegPeer peer = new(server.Address);
        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(200);

        time.Advance(TimeSpan.FromSeconds(10));

        (await peer.SendForTextAsync(peer.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task Pending_connections_above_the_limit_are_refused_with_503()
    {
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor { MaxPendingConnections = 2 });
        using LegPeer first = new(server.Address);
        using LegPeer second = new(server.Address);
        using LegPeer third = new(server.Address);
        await first.SendForTextAsync(first.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);
        await second.SendForTextAsync(second.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);

        (int status, _) = await third.SendForTextAsync(third.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);
        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new LongPollTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask());

        (status, failure.HttpStatus, failure.IsPermanent).ShouldBe((503, 503, false));
        await second.BlockAsync(0, "", TimeoutToken);
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        (await third.SendForTextAsync(third.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Pending_connection_whose_exchange_was_aborted_no_longer_counts()
    {
        // The clock stands still, so that no pending connection ends by its timeout.
        await using TransportTestServer server =
            await StartAsync(new LegTransportAcceptor(new FakeTimeProvider()) { MaxPendingConnections = 1 });
        using LegPeer gone = new(server.Address) { Legs = "1 stream stream" };
        using LegPeer next = new(server.Address);
        HttpResponseMessage download = await gone.SendAsync(gone.CreateDownload("stream 1 0 0 0 0", isFirst: true), TimeoutToken);
        int before = (await next.SendForTextAsync(next.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status;

        download.Dispose();
        int after;
        do
        {
            // The server is notified of the abort a little later.
            (after, _) = await next.SendForTextAsync(next.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);
        }
        while (after == 503);

        (before, after).ShouldBe((503, 200));
    }

    private static Task<TransportTestServer> StartAsync(LegTransportAcceptor? acceptor = null) =>
        TransportTestServer.StartAsync([acceptor ?? new LegTransportAcceptor()]);
}
