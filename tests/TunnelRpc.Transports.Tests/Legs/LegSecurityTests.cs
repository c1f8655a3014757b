using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>
/// Exchanges of other clients and replayed exchanges change and disclose nothing, and no secret is in a URL, which may be logged.
/// </summary>
public sealed class LegSecurityTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Unknown_connections_wrong_proofs_and_other_users_get_the_same_response()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address) { User = "ada" };
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        using LegPeer guesser = new(server.Address) { User = "ada", Id = peer.Id };
        using LegPeer otherUser = new(server.Address) { User = "eve", Id = peer.Id, Key = peer.Key };
        using LegPeer anonymous = new(server.Address) { Id = peer.Id, Key = peer.Key };
        using LegPeer unknown = new(server.Address) { User = "ada" };
        HttpRequestMessage withoutProof = peer.Block(0, "x");
        withoutProof.Headers.Remove("TunnelRpc-Proof");
        HttpRequestMessage changedLeg = peer.Block(0, "x");
        changedLeg.Headers.Remove("TunnelRpc-Leg");
        changedLeg.Headers.Add("TunnelRpc-Leg", "block 1 1 0 1 0");
        HttpRequestMessage malformedLeg = peer.CreateUpload("nothing 1 1 0 1 0", "x");

        (int Status, string Text)[] refusals =
        [
            await guesser.SendForTextAsync(guesser.Block(0, "x"), TimeoutToken),
            await otherUser.SendForTextAsync(otherUser.Block(0, "x"), TimeoutToken),
            await anonymous.SendForTextAsync(anonymous.CreateDownload("poll 2 0 0 0 0"), TimeoutToken),
            await unknown.SendForTextAsync(unknown.Block(0, "x"), TimeoutToken),
            await unknown.SendForTextAsync(unknown.CreateDownload("poll 1 0 0 0 0"), TimeoutToken),
            await guesser.SendForTextAsync(guesser.CreateUpload("stream 2 0 0 0 0", "x"), TimeoutToken),
            await guesser.SendForTextAsync(guesser.CreateUpload("end 1 0 0 0 0"), TimeoutToken),
            await guesser.SendForTextAsync(guesser.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken),
            await peer.SendForTextAsync(withoutProof, TimeoutToken),
            await peer.SendForTextAsync(changedLeg, TimeoutToken),
            await peer.SendForTextAsync(malformedLeg, TimeoutToken),
        ];

        refusals.Distinct().ShouldHaveSingleItem().Status.ShouldBe(404);
        (await peer.BlockAsync(0, "still works", TimeoutToken)).ShouldBe((204, 11));
        (await connection.ReadTextAsync(11, TimeoutToken)).ShouldBe("still works");
        connection.Info.User?.Identity?.Name.ShouldBe("ada");
    }

    [Fact]
    public async Task Replayed_request_changes_nothing()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        await peer.BlockAsync(0, "abc", TimeoutToken);
        string upload = LegPeer.Record(1, "def");
        (await peer.SendForTextAsync(peer.CreateUpload("stream 2 3 0 0 0", upload), TimeoutToken)).Status.ShouldBe(204);
        await connection.WriteAsync("down", TimeoutToken);
        (await peer.PollAsync(2, 0, TimeoutToken)).Data.ShouldBe("down");
        (await peer.SendForTextAsync(peer.CreateDownload("poll 3 4 4 0 1"), TimeoutToken)).Status.ShouldBe(200);

        (await peer.SendForTextAsync(peer.Block(0, "abc"), TimeoutToken)).Status.ShouldBe(409, "blocks ended with the stream's epoch");
        (await peer.SendForTextAsync(peer.CreateUpload("stream 2 3 0 0 0", upload), TimeoutToken)).Status.ShouldBe(409);
        (await peer.SendForTextAsync(peer.CreateDownload("poll 2 0 0 0 0"), TimeoutToken)).Status.ShouldBe(409);

        (await peer.BlockAsync(6, "ghi", TimeoutToken, epoch: 3)).ShouldBe((204, 9));
        (await connection.ReadTextAsync(9, TimeoutToken)).ShouldBe("abcdefghi");
    }

    [Theory]
    [InlineData("down", "poll 2 0 0 0 0")]
    [InlineData("down", "stream 2 0 0 0 0")]
    [InlineData("up", "block 1 0 0 0 0")]
    [InlineData("up", "stream 2 0 0 0 0")]
    [InlineData("up", "end 1 0 0 0 0")]
    public async Task Cross_origin_request_is_refused_on_every_leg(string direction, string leg)
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        peer.Origin = "https://elsewhere.example";

        HttpRequestMessage request = direction == "down" ? peer.CreateDownload(leg) : peer.CreateUpload(leg);
        (await peer.SendForTextAsync(request, TimeoutToken)).Status.ShouldBe(403);

        peer.Origin = null;
        (await peer.BlockAsync(0, "fine", TimeoutToken)).Status.ShouldBe(204);
    }

    [Fact]
    public async Task Key_is_in_no_url_and_is_sent_once()
    {
        await using TransportTestServer server = await StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start();

        TunnelEndpoint endpoint = server.Endpoint with { Proxy = proxy.Address };
        await using ITransportConnection client = await new TwoConnectionTransport().ConnectAsync(endpoint, TimeoutToken);
        await using ITransportConnection accepted = await server.AcceptAsync(TimeoutToken);
        await client.WriteAsync("through a plain proxy", TimeoutToken);

        (await accepted.ReadTextAsync(21, TimeoutToken)).ShouldBe("through a plain proxy");
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

    private static Task<TransportTestServer> StartAsync() => TransportTestServer.StartAsync([new LegTransportAcceptor()]);
}
