using System.Net;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>The server's responses to polls and streamed downloads: repeated requests, consumed bytes and timeouts.</summary>
public sealed class LegDownloadWireTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Streamed_download_starts_with_the_preamble_and_disables_buffering()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address) { Legs = "1 blocks stream" };

        using HttpResponseMessage download = await peer.SendAsync(peer.CreateDownload("stream 1 0 0 0 0", isFirst: true), TimeoutToken);

        download.StatusCode.ShouldBe(HttpStatusCode.OK);
        download.Headers.GetValues("Cache-Control").Single().ShouldBe("no-store, no-transform");
        download.Headers.GetValues("X-Accel-Buffering").Single().ShouldBe("no");
        download.Headers.TransferEncodingChunked.ShouldBe(true);
        download.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        byte[] preamble = new byte[LegPeer.PreambleBytes];
        await (await download.Content.ReadAsStreamAsync(TimeoutToken)).ReadExactlyAsync(preamble, TimeoutToken);
        preamble.AsSpan().StartsWith("TunnelRpc legs 1\r\n"u8).ShouldBeTrue();
    }

    [Fact]
    public async Task Repeated_poll_gets_the_same_bytes()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        await connection.WriteAsync("sent twice", TimeoutToken);

        (await peer.PollAsync(2, 0, TimeoutToken)).Data.ShouldBe("sent twice");
        (await peer.PollAsync(2, 0, TimeoutToken)).Data.ShouldBe("sent twice");
        (await peer.PollAsync(3, 5, TimeoutToken)).Data.ShouldBe("twice");
        (await peer.SendForTextAsync(peer.CreateDownload("poll 2 0 0 0 0"), TimeoutToken)).Status.ShouldBe(409);
    }

    [Fact]
    public async Task Repeated_first_poll_uses_the_same_connection()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);

        (await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(200);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        (await peer.BlockAsync(0, "connection!", TimeoutToken)).ShouldBe((204, 11));
        (await connection.ReadTextAsync(11, TimeoutToken)).ShouldBe("connection!");
    }

    [Fact]
    public async Task Unconsumed_bytes_are_available_and_consumed_bytes_are_not()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        await connection.WriteAsync("0123456789", TimeoutToken);
        await peer.PollAsync(2, 0, TimeoutToken);

        await peer.SendForTextAsync(peer.CreateUpload("block 1 0 4 0 0"), TimeoutToken);

        (await peer.SendForTextAsync(peer.CreateDownload("poll 3 3 4 0 0"), TimeoutToken)).Status.ShouldBe(409);
        (await peer.SendForTextAsync(peer.CreateUpload("block 1 0 11 0 0"), TimeoutToken)).Status.ShouldBe(400);
        (await peer.PollAsync(3, 4, TimeoutToken)).Data.ShouldBe("456789");
    }

    [Fact]
    public async Task Server_end_completes_a_pending_poll()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        Task<(int Status, string Data, bool IsEnd)> poll = peer.PollAsync(2, 0, TimeoutToken);

        await connection.DisposeAsync();

        (await poll).ShouldBe((200, "", true));
    }

    [Fact]
    public async Task Poll_without_data_gets_204_after_25_seconds()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(time));
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        Task<(int Status, string Data, bool IsEnd)> poll = peer.PollAsync(2, 0, TimeoutToken);
        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(25));
        time.Advance(TimeSpan.FromSeconds(25));

        (await poll).ShouldBe((204, "", false));
    }

    [Fact]
    public async Task Streamed_download_ends_orderly_after_its_lifetime()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(time));
        using LegPeer peer = new(server.Address) { Legs = "1 blocks stream" };
        using HttpResponseMessage download = await peer.SendAsync(peer.CreateDownload("stream 1 0 0 0 0", isFirst: true), TimeoutToken);
        await peer.BlockAsync(0, "", TimeoutToken);
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        Stream body = await download.Content.ReadAsStreamAsync(TimeoutToken);
        await body.ReadExactlyAsync(new byte[LegPeer.PreambleBytes + 12], TimeoutToken);
        await connection.WriteAsync("before", TimeoutToken);
        byte[] record = new byte[10];
        await body.ReadExactlyAsync(record, TimeoutToken);

        time.Advance(TimeSpan.FromSeconds(300));
        (await body.ReadAsync(new byte[1], TimeoutToken)).ShouldBe(0);
        await connection.WriteAsync(", after", TimeoutToken);

        LegPeer.Data(record).ShouldBe(("before", false));
        (await peer.PollAsync(2, 6, TimeoutToken)).Data.ShouldBe(", after");
    }

    [Fact]
    public async Task Newer_download_supersedes_the_previous_one()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        Task<(int Status, string Text)> first = peer.SendForTextAsync(peer.CreateDownload("poll 2 0 0 0 0"), TimeoutToken);

        Task<(int Status, string Data, bool IsEnd)> second = peer.PollAsync(3, 0, TimeoutToken);
        Exception? ended = await Record.ExceptionAsync(() => first);
        await connection.WriteAsync("for the second", TimeoutToken);

        (await second).Data.ShouldBe("for the second");
        if (ended is null)
        {
            // It was superseded without data, or arrived after the second.
            (await first).Status.ShouldBeOneOf(204, 409);
        }
        else
        {
            ended.ShouldBeOfType<HttpRequestException>();
        }
    }

    private static Task<TransportTestServer> StartAsync(LegTransportAcceptor? acceptor = null) =>
        TransportTestServer.StartAsync([acceptor ?? new LegTransportAcceptor()]);
}
