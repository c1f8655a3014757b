using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using TunnelRpc.AspNetCore.Http;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.ReverseHttp;

/// <summary>MapReverseHttp, against peers that are nothing but a socket.</summary>
public sealed class ReversePeerTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    private CancellationToken Limit => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Theory]
    [InlineData("PTTH/1.0", "Upgrade")]
    [InlineData("ptth", "keep-alive, upgrade")]
    public async Task A_plain_peer_is_sent_http_requests(string token, string connection)
    {
        Channel<string> answers = Channel.CreateUnbounded<string>();
        await using TunnelServer server = await StartAsync(async (peer, cancellationToken) =>
        {
            await answers.Writer.WriteAsync(await peer.Client.GetStringAsync(new Uri("/first", UriKind.Relative), cancellationToken), cancellationToken);
            using StringContent body = new("body");
            using HttpResponseMessage second = await peer.Client.PostAsync(new Uri("second?x=1", UriKind.Relative), body, cancellationToken);
            await answers.Writer.WriteAsync($"{(int)second.StatusCode}", cancellationToken);
        });
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, Limit);
        await raw.WriteAsync($"POST /peers HTTP/1.1\r\nHost: h\r\nConnection: {connection}\r\nUpgrade: {token}\r\nContent-Length: 0\r\n\r\n", Limit);

        string accepted = await raw.ReadHeadAsync(Limit);
        string first = await raw.ReadHeadAsync(Limit);
        await raw.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none", Limit);
        string second = await raw.ReadHeadAsync(Limit);
        string secondBody = await raw.ReadAsync(4, Limit);
        await raw.WriteAsync("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n", Limit);

        accepted.ShouldStartWith("HTTP/1.1 101 ");
        accepted.ShouldContain($"\r\nUpgrade: {token}\r\n");
        accepted.ShouldContain("\r\nConnection: Upgrade\r\n");
        first.ShouldStartWith("GET /first HTTP/1.1\r\n");
        second.ShouldStartWith("POST /second?x=1 HTTP/1.1\r\n");
        secondBody.ShouldBe("body");
        (await answers.Reader.ReadAsync(Limit)).ShouldBe("one");
        (await answers.Reader.ReadAsync(Limit)).ShouldBe("418");
        (await raw.ReadToEndAsync(Limit)).ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_peer_goes_the_callback_is_told_and_requests_fail()
    {
        TaskCompletionSource<Exception?> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TunnelServer server = await StartAsync(async (peer, cancellationToken) =>
        {
            TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration registration = cancellationToken.Register(gone.SetResult);
            await gone.Task;
            failed.SetResult(await Record.ExceptionAsync(() => peer.Client.GetAsync(new Uri("late", UriKind.Relative), CancellationToken.None)));
        });
        RawPeer raw = await RawPeer.ConnectAsync(server.Address, Limit);
        await raw.WriteAsync("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: 0\r\n\r\n", Limit);
        await raw.ReadHeadAsync(Limit);

        raw.Dispose();

        (await failed.Task.WaitAsync(Limit)).ShouldBeOfType<HttpRequestException>();
    }

    [Theory]
    [InlineData("GET /peers HTTP/1.1\r\nHost: h\r\n\r\n", "426")]
    [InlineData("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "426")]
    [InlineData("POST /peers HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nOrigin: http://foreign.example\r\n\r\n", "403")]
    public async Task What_is_no_peer_of_ours_is_refused(string request, string status)
    {
        await using TunnelServer server = await StartAsync((_, _) => throw new InvalidOperationException("No peer was expected."));
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, Limit);

        await raw.WriteAsync(request, Limit);

        (await raw.ReadHeadAsync(Limit)).ShouldStartWith($"HTTP/1.1 {status} ");
    }

    [Fact]
    public async Task A_plain_peer_at_the_tunnels_address_is_not_taken_for_a_tunnel()
    {
        await using TunnelServer server = await TunnelServer.StartAsync(HttpTransports.CreateAcceptors());
        using RawPeer raw = await RawPeer.ConnectAsync(server.Address, Limit);

        await raw.WriteAsync("POST /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: 0\r\n\r\n", Limit);

        (await raw.ReadHeadAsync(Limit)).ShouldStartWith("HTTP/1.1 426 ");
    }

    private static Task<TunnelServer> StartAsync(Func<ReverseHttpPeer, CancellationToken, Task> onPeer)
        => TunnelServer.StartAsync([], endpoints => endpoints.MapReverseHttp("/peers", onPeer));
}
