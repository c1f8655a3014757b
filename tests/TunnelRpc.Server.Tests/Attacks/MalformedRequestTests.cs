using System.Text;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Authorization;
using TunnelRpc.Server.Tests.Fuzz;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>Malformed HTTP requests on a raw socket to a real server. Each is refused, and costs only its connection.</summary>
public sealed class MalformedRequestTests
{
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: tunnelrpc\r\n";

    private static readonly Dictionary<string, string> Requests = new()
    {
        ["no host"] = $"GET /tunnel HTTP/1.1\r\n{Upgrade}\r\n",
        ["two hosts"] = $"GET /tunnel HTTP/1.1\r\nHost: a\r\nHost: b\r\n{Upgrade}\r\n",
        ["HTTP/1.0"] = $"GET /tunnel HTTP/1.0\r\nHost: h\r\n{Upgrade}\r\n",
        ["HTTP/3.0"] = $"GET /tunnel HTTP/3.0\r\nHost: h\r\n{Upgrade}\r\n",
        ["no version"] = $"GET /tunnel\r\nHost: h\r\n{Upgrade}\r\n",
        ["space before colon"] = "GET /tunnel HTTP/1.1\r\nHost : h\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n",
        ["folded field"] = "GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n , x\r\nUpgrade: tunnelrpc\r\n\r\n",
        ["control character"] = "GET /tunnel HTTP/1.1\r\nHost: h\r\nX: \0\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n",
        ["bare CR"] = "GET /tunnel HTTP/1.1\r\nHost: h\rConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n",
        ["both framings"] =
            "POST /tunnel HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\nabcde",
        ["two lengths"] = "POST /tunnel HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        ["negative length"] = "POST /tunnel HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        ["huge length"] = "POST /tunnel HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
        ["body of an upgrade"] = $"GET /tunnel HTTP/1.1\r\nHost: h\r\n{Upgrade}Content-Length: 3\r\n\r\nabc",
        ["reverse HTTP without version"] =
            "POST /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\nContent-Length: 0\r\n\r\n",
        ["WebSocket without a key"] = "GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: tunnelrpc.1\r\n\r\n",
        ["WebSocket of another version"] = "GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: tunnelrpc.1\r\n\r\n",
        ["another WebSocket protocol"] = "GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
        ["leg without a header"] = "GET /tunnel/0123456789abcdef0123456789abcdef/down HTTP/1.1\r\nHost: h\r\n\r\n",
        ["leg of a bad id"] = "POST /tunnel/%2e%2e%2f/up HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
        ["invalid escape in the path"] = $"GET /tunnel%zz%00 HTTP/1.1\r\nHost: h\r\n{Upgrade}\r\n",
        ["head without an end"] =
            "GET /tunnel HTTP/1.1\r\nHost: h\r\n" + string.Concat(Enumerable.Repeat("X-More: aaaaaaaaaaaaaaaa\r\n", 5000)),
        ["one field of 100 kB"] = $"GET /tunnel HTTP/1.1\r\nHost: h\r\nX: {new string('a', 100_000)}\r\n{Upgrade}\r\n",
        ["line of 100 kB"] = $"GET /tunnel?{new string('a', 100_000)} HTTP/1.1\r\nHost: h\r\n{Upgrade}\r\n",
        ["not HTTP"] = "SSH-2.0-OpenSSH_9.6\r\n\r\n",
    };

    public static TheoryData<string> Names => new(Requests.Keys);

    [Theory, MemberData(nameof(Names))]
    public async Task Malformed_request_is_refused_and_the_server_continues(string name)
    {
        await using ServerApp app = await ServerApp.StartAsync(server => server.AddService<IVault>(new OpenVault()));

        int? status = await RawRequest.SendAsync(app.Address(), Encoding.Latin1.GetBytes(Requests[name]));

        // No status: the server has closed the connection.
        (status is null or (>= 400 and < 500) or 505).ShouldBeTrue($"status {status}");
        await using TunnelClient client = await app.ConnectAsync("ann");
        (await client.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");

        // A transport that was tried at the same time and came second may have opened a session, too.
        await Eventually.TrueAsync(() => app.Server.SessionIds.Count == 1);
        app.Log.Lines.ShouldNotContain(l => l.StartsWith("Error", StringComparison.Ordinal));
    }
}
