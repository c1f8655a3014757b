using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.AspNetCore;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.ReverseHttp;

/// <summary>MapReverseHttp with raw sockets as peers.</summary>
public sealed class ReversePeerTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData("PTTH/1.0", "Upgrade")]
    [InlineData("ptth", "keep-alive, upgrade")]
    public async Task Plain_peer_gets_http_requests(string token, string connection)
    {
        Channel<string> responses = Channel.CreateUnbounded<string>();
        await using TransportTestServer server = await StartAsync(async (peer, cancellationToken) =>
        {
            string first = await peer.Client.GetStringAsync(new Uri("/first", UriKind.Relative), cancellationToken);
            await responses.Writer.WriteAsync(first, cancellationToken);
            using StringContent body = new("body");
            using HttpResponseMessage second = await peer.Client.PostAsync(
                new Uri("second?x=1", UriKind.Relative), body, cancellationToken);
            await responses.Writer.WriteAsync($"{(int)second.StatusCode}", cancellationToken);
        });
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await raw.WriteAsync($"POST /peers HTTP/1.1\r\nHost: h\r\nConnection: {connection}\r\nUpgrade: {token}\r\nContent-Length: "
            + "0\r\n\r\n", TimeoutToken);

        string accepted = await raw.ReadHeadAsync(TimeoutToken);
        string first = await raw.ReadHeadAsync(TimeoutToken);
        await raw.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none", TimeoutToken);
        string second = await raw.ReadHeadAsync(TimeoutToken);
        string secondBody = await raw.ReadAsync(4, TimeoutToken);
        await raw.WriteAsync("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n", TimeoutToken);

        accepted.ShouldStartWith("HTTP/1.1 101 ");
        accepted.ShouldContain($"\r\nUpgrade: {token}\r\n");
        accepted.ShouldContain("\r\nConnection: Upgrade\r\n");
        first.ShouldStartWith("GET /first HTTP/1.1\r\n");
        second.ShouldStartWith("POST /second?x=1 HTTP/1.1\r\n");
        secondBody.ShouldBe("body");
        (await responses.Reader.ReadAsync(TimeoutToken)).ShouldBe("one");
        (await responses.Reader.ReadAsync(TimeoutToken)).ShouldBe("418");
        (await raw.ReadToEndAsync(TimeoutToken)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Disconnected_peer_cancels_the_callback_and_fails_requests()
    {
        TaskCompletionSource<Exception?> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TransportTestServer server = await StartAsync(async (peer, cancellationToken) =>
        {
            TaskCompletionSource disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration registration = cancellationToken.Register(disconnected.SetResult);
            await disconnected.Task;
            Uri late = new("late", UriKind.Relative);
            failed.SetResult(await Record.ExceptionAsync(() => peer.Client.GetAsync(late, CancellationToken.None)));
        });
        RawPeer raw = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await raw.WriteAsync("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: "
            + "0\r\n\r\n", TimeoutToken);
        await raw.ReadHeadAsync(TimeoutToken);

        raw.Dispose();

        (await failed.Task.WaitAsync(TimeoutToken)).ShouldBeOfType<HttpRequestException>();
    }

    [Fact]
    public async Task Response_of_a_peer_that_closes_at_once_arrives_although_the_close_is_seen_first()
    {
        TaskCompletionSource<string> last = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TransportTestServer server = await StartAsync(
            async (peer, cancellationToken) =>
            {
                try
                {
                    last.SetResult(await peer.Client.GetStringAsync(new Uri("last", UriKind.Relative), cancellationToken));
                }
                catch (Exception error)
                {
                    last.SetException(error);
                }

                await using CancellationTokenRegistration registration = cancellationToken.Register(disconnected.SetResult);
                await disconnected.Task;
            },
            new LateInput("POST /peers"));
        RawPeer raw = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await raw.WriteAsync("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: "
            + "0\r\n\r\n", TimeoutToken);
        await raw.ReadHeadAsync(TimeoutToken);
        await raw.ReadHeadAsync(TimeoutToken);

        await raw.WriteAsync("HTTP/1.1 200 OK\r\n\r\nlast", TimeoutToken);
        raw.Dispose();

        (await last.Task.WaitAsync(TimeoutToken)).ShouldBe("last");
        await disconnected.Task.WaitAsync(TimeoutToken);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "100000\r\n")]
    [InlineData("Connection: close\r\n\r\n", "")]
    public async Task Endless_response_is_not_buffered_beyond_the_limit_and_the_error_names_it(string head, string chunk)
    {
        TaskCompletionSource<Exception?> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TransportTestServer server = await StartAsync(async (peer, cancellationToken) =>
        {
            Uri address = new("endless", UriKind.Relative);
            failed.SetResult(await Record.ExceptionAsync(() => peer.Client.GetAsync(address, cancellationToken)));
        });
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await raw.WriteAsync("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: "
            + "0\r\n\r\n", TimeoutToken);
        await raw.ReadHeadAsync(TimeoutToken);
        await raw.ReadHeadAsync(TimeoutToken);
        await raw.WriteAsync("HTTP/1.1 200 OK\r\n" + head, TimeoutToken);

        // Writes until the server closes the connection, at most 256 MiB.
        string block = chunk + new string('x', 1 << 20) + (chunk.Length > 0 ? "\r\n" : "");
        int written = 0;
        await Record.ExceptionAsync(async () =>
        {
            for (; written < 256; written++)
            {
                await raw.WriteAsync(block, TimeoutToken);
            }
        });

        Exception error = (await failed.Task.WaitAsync(TimeoutToken)).ShouldBeOfType<HttpRequestException>();
        error.Message.ShouldContain("MaxResponseContentBufferSize");
        written.ShouldBeLessThan(64);
    }

    [Fact]
    public async Task Response_above_the_limit_passes_as_a_stream()
    {
        const int Size = 3 * ReverseHttpPeer.DefaultMaxBufferedResponseSize;
        TaskCompletionSource<long> read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TransportTestServer server = await StartAsync(async (peer, cancellationToken) =>
        {
            Uri address = new("large", UriKind.Relative);
            using HttpResponseMessage response =
                await peer.Client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            long length = 0;
            byte[] buffer = new byte[64 << 10];
            while (await body.ReadAsync(buffer, cancellationToken) is > 0 and int count)
            {
                length += count;
            }

            read.SetResult(response.Content.Headers.ContentLength == length ? length : -1);
        });
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, TimeoutToken);
        await raw.WriteAsync("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: "
            + "0\r\n\r\n", TimeoutToken);
        await raw.ReadHeadAsync(TimeoutToken);
        await raw.ReadHeadAsync(TimeoutToken);

        await raw.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n{new string('x', Size)}", TimeoutToken);

        (await read.Task.WaitAsync(TimeoutToken)).ShouldBe(Size);
    }

    [Theory]
    [InlineData("GET /peers HTTP/1.1\r\nHost: h\r\n\r\n", "426")]
    [InlineData("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "426")]
    [InlineData("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nOrigin: "
        + "http://foreign.example\r\n\r\n", "403")]
    public async Task Request_that_is_not_a_peer_is_refused(string request, string status)
    {
        await using TransportTestServer server = await StartAsync((_, _) => throw new InvalidOperationException("No peer was expected."));
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, TimeoutToken);

        await raw.WriteAsync(request, TimeoutToken);

        (await raw.ReadHeadAsync(TimeoutToken)).ShouldStartWith($"HTTP/1.1 {status} ");
    }

    [Fact]
    public async Task Plain_peer_at_the_tunnel_address_is_refused()
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(HttpTransports.CreateAcceptors());
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, TimeoutToken);

        await raw.WriteAsync("POST /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: "
            + "0\r\n\r\n", TimeoutToken);

        (await raw.ReadHeadAsync(TimeoutToken)).ShouldStartWith("HTTP/1.1 426 ");
    }

    private static Task<TransportTestServer> StartAsync(Func<ReverseHttpPeer, CancellationToken, Task> onPeer, LateInput? late = null)
        => TransportTestServer.StartAsync([], endpoints => endpoints.MapReverseHttp("/peers", onPeer), late: late);
}
