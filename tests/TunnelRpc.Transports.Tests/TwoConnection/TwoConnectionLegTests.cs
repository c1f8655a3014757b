using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.TwoConnection;

namespace TunnelRpc.Transports.Tests.TwoConnection;

/// <summary>What becomes of legs that do not belong together.</summary>
public sealed class TwoConnectionLegTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly string _id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false });

    private CancellationToken Limit => _limit.Token;

    public void Dispose()
    {
        _http.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task The_download_begins_with_two_kilobytes_and_tells_everybody_to_pass_it_on()
    {
        await using TunnelServer server = await StartAsync();

        using HttpResponseMessage down = await DownAsync(server);

        down.StatusCode.ShouldBe(HttpStatusCode.OK);
        down.Headers.GetValues("Cache-Control").Single().ShouldBe("no-store, no-transform");
        down.Headers.GetValues("X-Accel-Buffering").Single().ShouldBe("no");
        down.Headers.TransferEncodingChunked.ShouldBe(true);
        down.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        byte[] preamble = new byte[2048];
        await (await down.Content.ReadAsStreamAsync(Limit)).ReadExactlyAsync(preamble, Limit);
        preamble.AsSpan().StartsWith("TunnelRpc two-connection 1\r\n"u8).ShouldBeTrue();
    }

    [Fact]
    public async Task No_secret_is_in_a_url_and_the_upload_waits_for_its_go_ahead()
    {
        await using TunnelServer server = await StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start();

        await using ITransportConnection client = await new TwoConnectionTransport().ConnectAsync(server.Endpoint with { Proxy = proxy.Address }, Limit);
        await using ITransportConnection accepted = await server.AcceptAsync(Limit);
        await client.WriteAsync("through a plain proxy", Limit);

        (await accepted.ReadTextAsync(21, Limit)).ShouldBe("through a plain proxy");
        string[] heads = [.. proxy.Heads];
        heads.Length.ShouldBe(2);
        heads[0].ShouldContain("/down HTTP/1.1\r\n");
        heads[1].ShouldContain("/up HTTP/1.1\r\n");
        heads[1].ShouldContain("\r\nExpect: 100-continue\r\n");
        heads[1].ShouldContain("\r\nTransfer-Encoding: chunked\r\n");
        string key = heads[1].Split("TunnelRpc-Key: ")[1].Split("\r\n")[0];
        heads[0].ShouldNotContain(key);
        heads[1].Split("\r\n")[0].ShouldNotContain(key);
    }

    [Fact]
    public async Task Wrong_keys_wrong_users_and_unknown_names_are_answered_alike()
    {
        await using TunnelServer server = await StartAsync();
        using HttpResponseMessage down = await DownAsync(server, user: "ada");

        (HttpStatusCode Status, string Body)[] refusals =
        [
            await UpAsync(server, user: "ada", key: RandomNumberGenerator.GetBytes(32)),
            await UpAsync(server, user: "ada", key: null),
            await UpAsync(server, user: "ada", key: [1, 2, 3]),
            await UpAsync(server, user: "eve", key: _key),
            await UpAsync(server, user: null, key: _key),
            await UpAsync(server, user: "ada", key: _key, id: new string('0', 32)),
        ];

        refusals.Distinct().ShouldHaveSingleItem().Status.ShouldBe(HttpStatusCode.NotFound);
        Task<(HttpStatusCode Status, string Body)> right = UpAsync(server, user: "ada", key: _key, body: "still works");
        ITransportConnection connection = await server.AcceptAsync(Limit);
        (await connection.ReadTextAsync(11, Limit)).ShouldBe("still works");
        connection.Info.User?.Identity?.Name.ShouldBe("ada");
        (await connection.ReadAsync(new byte[1], Limit)).ShouldBe(0);
        await connection.DisposeAsync();
        (await right).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Second_legs_are_conflicts_until_the_connection_ended()
    {
        await using TunnelServer server = await StartAsync();
        using HttpResponseMessage down = await DownAsync(server);
        Task<(HttpStatusCode Status, string Body)> up = UpAsync(server, null, _key);
        ITransportConnection connection = await server.AcceptAsync(Limit);

        using HttpResponseMessage secondDown = await DownAsync(server);
        (HttpStatusCode secondUp, _) = await UpAsync(server, null, _key);

        secondDown.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        secondUp.ShouldBe(HttpStatusCode.Conflict);
        (await connection.ReadAsync(new byte[1], Limit)).ShouldBe(0);
        await connection.DisposeAsync();
        (await up).Status.ShouldBe(HttpStatusCode.NoContent);
        (await UpAsync(server, null, _key)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_download_gives_up_when_its_upload_does_not_come()
    {
        ManualTime time = new();
        await using TunnelServer server = await StartAsync(time);
        using HttpResponseMessage down = await DownAsync(server);
        Stream stream = await down.Content.ReadAsStreamAsync(Limit);
        await stream.ReadExactlyAsync(new byte[2048], Limit);

        time.Advance(TwoConnectionTransportAcceptor.PartnerTimeout);

        await Should.ThrowAsync<IOException>(() => stream.ReadAsync(new byte[1], Limit).AsTask());
        (await UpAsync(server, null, _key)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Downloads_that_wait_are_limited_in_number()
    {
        await using TunnelServer server = await TunnelServer.StartAsync([new TwoConnectionTransportAcceptor { MaxWaitingLegs = 2 }]);
        using HttpResponseMessage first = await DownAsync(server, id: new string('1', 32));
        using HttpResponseMessage second = await DownAsync(server, id: new string('2', 32));

        using HttpResponseMessage third = await DownAsync(server, id: new string('3', 32));
        TransportException failure = await Should.ThrowAsync<TransportException>(() => new TwoConnectionTransport().ConnectAsync(server.Endpoint, Limit).AsTask());

        (first.StatusCode, second.StatusCode, third.StatusCode).ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable));
        failure.HttpStatus.ShouldBe(503);
        failure.IsDefinite.ShouldBeFalse();
        Task<(HttpStatusCode Status, string Body)> up = UpAsync(server, null, _key, id: new string('2', 32));
        await using (await server.AcceptAsync(Limit))
        {
            using HttpResponseMessage fourth = await DownAsync(server, id: new string('4', 32));
            fourth.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await Record.ExceptionAsync(() => up);
    }

    [Theory]
    [InlineData("not-hex")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Names_that_clients_do_not_make_are_not_legs(string id)
    {
        await using TunnelServer server = await StartAsync();

        using HttpResponseMessage down = await DownAsync(server, id: id);

        down.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
    }

    [Fact]
    public async Task A_download_without_a_hash_is_refused()
    {
        await using TunnelServer server = await StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, $"{server.Address}/{_id}/down");

        using HttpResponseMessage response = await _http.SendAsync(request, Limit);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_loss_of_either_leg_ends_the_connection(bool loseDown)
    {
        ManualTime time = new();
        await using TunnelServer server = await StartAsync(time);
        using RawPeer down = await RawPeer.ConnectAsync(server.Address, Limit);
        using RawPeer up = await RawPeer.ConnectAsync(server.Address, Limit);
        await down.WriteAsync($"GET /tunnel/{_id}/down HTTP/1.1\r\nHost: h\r\nTunnelRpc-Bind: {Base64Url.EncodeToString(SHA256.HashData(_key))}\r\n\r\n", Limit);
        await down.ReadHeadAsync(Limit);
        await up.WriteAsync($"POST /tunnel/{_id}/up HTTP/1.1\r\nHost: h\r\nTunnelRpc-Key: {Base64Url.EncodeToString(_key)}\r\nTransfer-Encoding: chunked\r\n\r\n", Limit);
        await using ITransportConnection connection = await server.AcceptAsync(Limit);
        Task writing = connection.WriteUntilItFailsAsync(Limit);
        Task<int> reading = connection.ReadAsync(new byte[1], Limit).AsTask();

        (loseDown ? down : up).Dispose();
        TransportException lostWriting = await Should.ThrowAsync<TransportException>(() => writing);
        time.Advance(TimeSpan.FromSeconds(1));
        TransportException lostReading = await Should.ThrowAsync<TransportException>(() => reading);

        lostWriting.Message.ShouldContain(loseDown ? "download" : "upload");
        lostReading.Message.ShouldStartWith("two-connection: ", Case.Sensitive);
    }

    private static Task<TunnelServer> StartAsync(TimeProvider? time = null) => TunnelServer.StartAsync(HttpTransports.CreateAcceptors(time));

    private async Task<HttpResponseMessage> DownAsync(TunnelServer server, string? user = null, string? id = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"{server.Address}/{id ?? _id}/down");
        request.Headers.Add("TunnelRpc-Bind", Base64Url.EncodeToString(SHA256.HashData(_key)));
        if (user is not null)
        {
            request.Headers.Add(TunnelServer.UserHeader, user);
        }

        return await _http.SendAsync(request, Limit);
    }

    private async Task<(HttpStatusCode Status, string Body)> UpAsync(TunnelServer server, string? user, byte[]? key, string? id = null, string body = "")
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"{server.Address}/{id ?? _id}/up") { Content = new StringContent(body) };
        request.Headers.TransferEncodingChunked = true;
        if (key is not null)
        {
            request.Headers.Add("TunnelRpc-Key", Base64Url.EncodeToString(key));
        }

        if (user is not null)
        {
            request.Headers.Add(TunnelServer.UserHeader, user);
        }

        using HttpResponseMessage response = await _http.SendAsync(request, Limit);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Limit));
    }
}
