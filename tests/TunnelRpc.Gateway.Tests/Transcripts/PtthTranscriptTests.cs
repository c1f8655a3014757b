using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Accounting;

namespace TunnelRpc.Gateway.Tests.Transcripts;

/// <summary>
/// The transcript in the description of reverse HTTP of 2008, replayed byte for byte: the program sends no Connection. Only the paths
/// differ. What the gateway sends is compared with all its bytes.
/// </summary>
public sealed class PtthTranscriptTests
{
    private const string Sent =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:65331\r\nAccept: text/plain;q=1,*/*;q=0\r\nAccept-Encoding: identity\r\n"
        + "Via: 1.1 tunnelrpc\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: 127.0.0.1:65331\r\nX-Forwarded-Proto: http\r\n"
        + "X-Forwarded-Prefix: /apps/shop\r\nForwarded: for=127.0.0.1;host=\"127.0.0.1:65331\";proto=http\r\n\r\n";

    [Theory]
    [InlineData("PTTH/0.9")]
    [InlineData("PTTH/1.0")]
    public async Task Transcript_is_answered_byte_for_byte(string token)
    {
        await using GatewayApp app = await GatewayApp.StartAsync(
            map: app => app.MapReverseHttpClaims("/claim/{name}"), listen: listen => listen.UseReverseHttpHeads());
        using WireConnection program = await WireConnection.ConnectAsync(app.Port);
        using WireConnection client = await WireConnection.ConnectAsync(app.Port);

        await program.SendAsync(
            $"POST /claim/shop HTTP/1.1\r\nHost: localhost:9999\r\nAccept-Encoding: identity\r\nUpgrade: {token}\r\n\r\n");
        string switched = await program.ReadHeadAsync();

        // The connection stays for the next request.
        for (int request = 0; request < 2; request++)
        {
            await client.SendAsync(
                "GET /apps/shop/ HTTP/1.1\r\nHost: 127.0.0.1:65331\r\nAccept-Encoding: identity\r\naccept: text/plain;q=1,*/*;q=0\r\n\r\n");
            string received = await program.ReadAsync();
            await program.SendAsync(
                "HTTP/1.1 200 OK\r\nContent-type: text/plain\r\nDate: Tue, 13 May 2008 20:14:45 GMT\r\nContent-Length: 15\r\n\r\n"
                + "!dlrow ,olleH\r\n");
            string response = await client.ReadAsync();

            received.ShouldBe(Sent);
            response.ShouldBe(
                "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nContent-Type: text/plain\r\nDate: Tue, 13 May 2008 20:14:45 GMT\r\n"
                + "Server: Kestrel\r\n\r\n!dlrow ,olleH\r\n");
        }

        switched.ShouldBe(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nDate: *\r\nServer: Kestrel\r\n"
            + $"Cache-Control: no-store, no-transform\r\nUpgrade: {token}\r\nX-Accel-Buffering: no\r\n\r\n");
        program.Dispose();
        await Eventually.TrueAsync(() => !app.Router.IsClaimed("shop"));
    }
}
