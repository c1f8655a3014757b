using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>How a carrier begins, ends and is given up, as the wire shows it.</summary>
public sealed class LegConnectionWireTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData("not-hex")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Names_that_clients_do_not_make_are_not_legs(string id)
    {
        await using TransportTestServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Id = id };

        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(426);
    }

    [Theory]
    [InlineData("1 stream")]
    [InlineData("2 blocks poll")]
    [InlineData("1 poll blocks")]
    public async Task Choices_of_legs_that_there_are_not_make_no_carrier(string legs)
    {
        await using TransportTestServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Legs = legs };

        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task An_answer_in_the_servers_place_is_told_in_words()
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new TwoConnectionTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask();
        using RawPeer peer = await server.AcceptAsync(TimeoutToken);
        await peer.ReadHeadAsync(TimeoutToken);

        await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nPlease login", TimeoutToken);

        TransportException failure = await Should.ThrowAsync<TransportException>(() => connecting);
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("in the server's place");
    }

    [Fact]
    public async Task A_carrier_that_has_ended_is_gone_for_those_who_knew_it()
    {
        await using TransportTestServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        using LegsPeer guess = new(server.Address) { Id = peer.Id };

        (await peer.SendForTextAsync(peer.CreateUpload("end 1 0 0 0 0"), TimeoutToken)).Status.ShouldBe(204);
        (await connection.ReadAsync(new byte[1], TimeoutToken)).ShouldBe(0);
        await connection.DisposeAsync();

        (await peer.SendForTextAsync(peer.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410);
        (await peer.SendForTextAsync(peer.CreateDownload("poll 2 0 0 0 0"), TimeoutToken)).Status.ShouldBe(410);
        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(410);
        (await guess.SendForTextAsync(guess.Block(0, "x"), TimeoutToken)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_client_that_goes_in_the_middle_is_told_from_one_that_has_finished()
    {
        await using TransportTestServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        await peer.BlockAsync(0, "half a ", TimeoutToken);

        (await peer.SendForTextAsync(peer.CreateUpload("reset 2 7 0 0 0"), TimeoutToken)).Status.ShouldBe(204);

        (await connection.ReadTextAsync(7, TimeoutToken)).ShouldBe("half a ");
        (await Should.ThrowAsync<TransportException>(() => connection.ReadAsync(new byte[1], TimeoutToken).AsTask())).Message.ShouldContain("in the middle");
        await Should.ThrowAsync<TransportException>(() => connection.WriteAsync("x", TimeoutToken).AsTask());
    }

    [Fact]
    public async Task A_client_without_any_exchange_is_lost_after_30_seconds()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        Task<int> reading = connection.ReadAsync(new byte[1], TimeoutToken).AsTask();

        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(30));

        (await Should.ThrowAsync<TransportException>(() => reading)).Message.ShouldContain("no exchange of the client's came for 30 s");
        (await peer.SendForTextAsync(peer.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task A_carrier_gives_up_when_nothing_comes_up()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(200);

        time.Advance(TimeSpan.FromSeconds(10));

        (await peer.SendForTextAsync(peer.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task Carriers_that_nothing_came_up_for_are_limited_in_number()
    {
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor { MaxPendingConnections = 2 });
        using LegsPeer first = new(server.Address);
        using LegsPeer second = new(server.Address);
        using LegsPeer third = new(server.Address);
        await first.SendForTextAsync(first.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);
        await second.SendForTextAsync(second.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);

        (int status, _) = await third.SendForTextAsync(third.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);
        TransportException failure = await Should.ThrowAsync<TransportException>(() => new LongPollTransport().ConnectAsync(server.Endpoint, TimeoutToken).AsTask());

        (status, failure.HttpStatus, failure.IsPermanent).ShouldBe((503, 503, false));
        await second.BlockAsync(0, "", TimeoutToken);
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        (await third.SendForTextAsync(third.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(200);
    }

    private static Task<TransportTestServer> StartAsync(LegTransportAcceptor? acceptor = null) => TransportTestServer.StartAsync([acceptor ?? new LegTransportAcceptor()]);
}
