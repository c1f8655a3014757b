using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>Exchanges from somebody else, or played again, change nothing and learn nothing; and no secret goes where it is logged.</summary>
public sealed class LegsSecurityTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    private CancellationToken Limit => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task Unknown_carriers_wrong_proofs_and_other_users_are_answered_alike()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { User = "ada" };
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        using LegsPeer guess = new(server.Address) { User = "ada", Id = peer.Id };
        using LegsPeer stranger = new(server.Address) { User = "eve", Id = peer.Id, Key = peer.Key };
        using LegsPeer nobody = new(server.Address) { Id = peer.Id, Key = peer.Key };
        using LegsPeer unknown = new(server.Address) { User = "ada" };
        HttpRequestMessage unproved = peer.Block(0, "x");
        unproved.Headers.Remove("TunnelRpc-Proof");
        HttpRequestMessage bent = peer.Block(0, "x");
        bent.Headers.Remove("TunnelRpc-Leg");
        bent.Headers.Add("TunnelRpc-Leg", "block 1 1 0 1 0");
        HttpRequestMessage senseless = peer.Up("nothing 1 1 0 1 0", "x");

        (int Status, string Text)[] refusals =
        [
            await guess.AskAsync(guess.Block(0, "x"), Limit),
            await stranger.AskAsync(stranger.Block(0, "x"), Limit),
            await nobody.AskAsync(nobody.Down("poll 2 0 0 0 0"), Limit),
            await unknown.AskAsync(unknown.Block(0, "x"), Limit),
            await unknown.AskAsync(unknown.Down("poll 1 0 0 0 0"), Limit),
            await guess.AskAsync(guess.Up("stream 2 0 0 0 0", "x"), Limit),
            await guess.AskAsync(guess.Up("end 1 0 0 0 0"), Limit),
            await guess.AskAsync(guess.Down("poll 1 0 0 0 0", isFirst: true), Limit),
            await peer.AskAsync(unproved, Limit),
            await peer.AskAsync(bent, Limit),
            await peer.AskAsync(senseless, Limit),
        ];

        refusals.Distinct().ShouldHaveSingleItem().Status.ShouldBe(404);
        (await peer.BlockAsync(0, "still works", Limit)).ShouldBe((204, 11));
        (await connection.ReadTextAsync(11, Limit)).ShouldBe("still works");
        connection.Info.User?.Identity?.Name.ShouldBe("ada");
    }

    [Fact]
    public async Task A_captured_request_that_is_played_again_changes_nothing()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        await peer.BlockAsync(0, "abc", Limit);
        string upload = LegsPeer.Record(1, "def");
        (await peer.AskAsync(peer.Up("stream 2 3 0 0 0", upload), Limit)).Status.ShouldBe(204);
        await connection.WriteAsync("down", Limit);
        (await peer.PollAsync(2, 0, Limit)).Data.ShouldBe("down");
        (await peer.AskAsync(peer.Down("poll 3 4 4 0 1"), Limit)).Status.ShouldBe(200);

        (await peer.AskAsync(peer.Block(0, "abc"), Limit)).Status.ShouldBe(409, "blocks ended with the stream's epoch");
        (await peer.AskAsync(peer.Up("stream 2 3 0 0 0", upload), Limit)).Status.ShouldBe(409);
        (await peer.AskAsync(peer.Down("poll 2 0 0 0 0"), Limit)).Status.ShouldBe(409);

        (await peer.BlockAsync(6, "ghi", Limit, epoch: 3)).ShouldBe((204, 9));
        (await connection.ReadTextAsync(9, Limit)).ShouldBe("abcdefghi");
    }

    [Theory]
    [InlineData("down", "poll 2 0 0 0 0")]
    [InlineData("down", "stream 2 0 0 0 0")]
    [InlineData("up", "block 1 0 0 0 0")]
    [InlineData("up", "stream 2 0 0 0 0")]
    [InlineData("up", "end 1 0 0 0 0")]
    public async Task A_foreign_origin_is_refused_on_every_leg(string way, string leg)
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        peer.Origin = "https://elsewhere.example";

        (await peer.AskAsync(way == "down" ? peer.Down(leg) : peer.Up(leg), Limit)).Status.ShouldBe(403);

        peer.Origin = null;
        (await peer.BlockAsync(0, "fine", Limit)).Status.ShouldBe(204);
    }

    [Fact]
    public async Task No_secret_is_in_a_url_and_the_key_goes_over_the_wire_once()
    {
        await using TunnelServer server = await StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start();

        await using ITransportConnection client = await new TwoConnectionTransport().ConnectAsync(server.Endpoint with { Proxy = proxy.Address }, Limit);
        await using ITransportConnection accepted = await server.AcceptAsync(Limit);
        await client.WriteAsync("through a plain proxy", Limit);

        (await accepted.ReadTextAsync(21, Limit)).ShouldBe("through a plain proxy");
        string[] heads = [.. proxy.Heads];
        heads.Length.ShouldBe(2);
        heads[0].ShouldContain("/down?n=1 HTTP/1.1\r\n");
        heads[1].ShouldContain("/up HTTP/1.1\r\n");
        heads[1].ShouldContain("\r\nExpect: 100-continue\r\n");
        heads[1].ShouldContain("\r\nTransfer-Encoding: chunked\r\n");
        string key = heads[0].Split("TunnelRpc-Key: ")[1].Split("\r\n")[0];
        heads[0].Split("\r\n")[0].ShouldNotContain(key);
        heads[1].ShouldNotContain(key);
        heads[1].ShouldNotContain("TunnelRpc-Key");
    }

    private static Task<TunnelServer> StartAsync() => TunnelServer.StartAsync([new LegsTransportAcceptor()]);
}
