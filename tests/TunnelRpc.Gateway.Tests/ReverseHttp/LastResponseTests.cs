using Microsoft.AspNetCore.Builder;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Gateway.Tests.ReverseHttp;

/// <summary>A program that closes its connection right after its response, as programs of HTTP/1.0 do.</summary>
public sealed class LastResponseTests
{
    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nlast")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlast\r\n0\r\n\r\n")]
    public async Task Response_arrives_although_the_close_of_the_program_is_seen_first(string answer)
    {
        var late = new LateInput("POST /claim/");
        await using GatewayApp app = await GatewayApp.StartAsync(
            map: app =>
            {
                late.Observe(app, "/claim");
                app.MapReverseHttpClaims("/claim/{name}");
            },
            listen: late.UseAt);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        RawConnection program = await RawConnection.ConnectAsync(app.Port);
        await program.SendAsync("POST /claim/shop HTTP/1.1\r\nHost: a\r\nUpgrade: PTTH/1.0\r\nConnection: Upgrade\r\n\r\n");
        await program.ReadUntilAsync("\r\n\r\n");
        Task<HttpResponseMessage> request = client.PostAsync(app.Address("/apps/shop/"), new StringContent("x"));
        await program.ReadUntilAsync("\r\n\r\nx");

        await program.SendAsync(answer);
        program.Dispose();

        using HttpResponseMessage response = await request.DefaultTimeout();
        (await response.Content.ReadAsStringAsync()).ShouldBe("last");
    }
}
