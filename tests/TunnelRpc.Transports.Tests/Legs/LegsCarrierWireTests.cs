using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>How a carrier begins, ends and is given up, as the wire shows it.</summary>
public sealed class LegsCarrierWireTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    private CancellationToken Limit => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Theory]
    [InlineData("not-hex")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Names_that_clients_do_not_make_are_not_legs(string id)
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Id = id };

        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(426);
    }

    [Theory]
    [InlineData("1 stream")]
    [InlineData("2 blocks poll")]
    [InlineData("1 poll blocks")]
    public async Task Choices_of_legs_that_there_are_not_make_no_carrier(string legs)
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Legs = legs };

        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task An_answer_in_the_servers_place_is_told_in_words()
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new TwoConnectionTransport().ConnectAsync(server.Endpoint, Limit).AsTask();
        using RawPeer peer = await server.AcceptAsync(Limit);
        await peer.ReadHeadAsync(Limit);

        await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nPlease login", Limit);

        TransportException failure = await Should.ThrowAsync<TransportException>(() => connecting);
        failure.IsDefinite.ShouldBeTrue();
        failure.Message.ShouldContain("in the server's place");
    }

    [Fact]
    public async Task A_carrier_that_has_ended_is_gone_for_those_who_knew_it()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        using LegsPeer guess = new(server.Address) { Id = peer.Id };

        (await peer.AskAsync(peer.Up("end 1 0 0 0 0"), Limit)).Status.ShouldBe(204);
        (await connection.ReadAsync(new byte[1], Limit)).ShouldBe(0);
        await connection.DisposeAsync();

        (await peer.AskAsync(peer.Block(0, "x"), Limit)).Status.ShouldBe(410);
        (await peer.AskAsync(peer.Down("poll 2 0 0 0 0"), Limit)).Status.ShouldBe(410);
        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(410);
        (await guess.AskAsync(guess.Block(0, "x"), Limit)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_client_that_goes_in_the_middle_is_told_from_one_that_has_finished()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        await peer.BlockAsync(0, "half a ", Limit);

        (await peer.AskAsync(peer.Up("reset 2 7 0 0 0"), Limit)).Status.ShouldBe(204);

        (await connection.ReadTextAsync(7, Limit)).ShouldBe("half a ");
        (await Should.ThrowAsync<TransportException>(() => connection.ReadAsync(new byte[1], Limit).AsTask())).Message.ShouldContain("in the middle");
        await Should.ThrowAsync<TransportException>(() => connection.WriteAsync("x", Limit).AsTask());
    }

    [Fact]
    public async Task A_client_without_any_exchange_is_lost_after_30_seconds()
    {
        FakeTimeProvider time = new();
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        Task<int> reading = connection.ReadAsync(new byte[1], Limit).AsTask();

        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(30));

        (await Should.ThrowAsync<TransportException>(() => reading)).Message.ShouldContain("no exchange of the client's came for 30 s");
        (await peer.AskAsync(peer.Block(0, "x"), Limit)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task A_carrier_gives_up_when_nothing_comes_up()
    {
        FakeTimeProvider time = new();
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(200);

        time.Advance(TimeSpan.FromSeconds(10));

        (await peer.AskAsync(peer.Block(0, "x"), Limit)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task Carriers_that_nothing_came_up_for_are_limited_in_number()
    {
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor { MaxPendingCarriers = 2 });
        using LegsPeer first = new(server.Address);
        using LegsPeer second = new(server.Address);
        using LegsPeer third = new(server.Address);
        await first.AskAsync(first.Down("poll 1 0 0 0 0", isFirst: true), Limit);
        await second.AskAsync(second.Down("poll 1 0 0 0 0", isFirst: true), Limit);

        (int status, _) = await third.AskAsync(third.Down("poll 1 0 0 0 0", isFirst: true), Limit);
        TransportException failure = await Should.ThrowAsync<TransportException>(() => new LongPollTransport().ConnectAsync(server.Endpoint, Limit).AsTask());

        (status, failure.HttpStatus, failure.IsDefinite).ShouldBe((503, 503, false));
        await second.BlockAsync(0, "", Limit);
        await using ITransportConnection connection = await server.AcceptAsync(Limit);
        (await third.AskAsync(third.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(200);
    }

    private static Task<TunnelServer> StartAsync(LegsTransportAcceptor? acceptor = null) => TunnelServer.StartAsync([acceptor ?? new LegsTransportAcceptor()]);
}
