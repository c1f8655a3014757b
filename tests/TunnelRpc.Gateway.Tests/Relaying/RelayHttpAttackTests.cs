using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Relaying;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Relaying;

/// <summary>The relay as an open proxy (server-side request forgery): what RelayHttp does not forward, and where it does not go.</summary>
public sealed class RelayHttpAttackTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task Relay_to_other_hosts_is_off_by_default_and_says_what_to_set()
    {
        await using Target target = await Target.StartAsync();
        await using GatewayApp app = await StartAsync();

        string response = await RelayAsync(app, target.Authority, Request);

        response.ShouldStartWith("HTTP/1.1 403 ");
        response.ShouldContain("RelayTargets");
        target.Requests.ShouldBe(0);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.0.0.2:PORT")]
    [InlineData("localhost:PORT")]
    [InlineData("[::1]:PORT")]
    [InlineData("[::ffff:127.0.0.1]:PORT")]
    [InlineData("169.254.169.254")]
    [InlineData("127.0.0.1.example:PORT")]
    public async Task Target_that_is_not_listed_with_its_port_is_403(string asked)
    {
        await using Target target = await Target.StartAsync();
        await using GatewayApp app = await StartAsync(target.Authority);

        string response = await RelayAsync(app, asked.Replace("PORT", $"{target.Port}", StringComparison.Ordinal), Request);

        response.ShouldStartWith("HTTP/1.1 403 ");
        response.ShouldContain("RelayTargets");
        target.Requests.ShouldBe(0);
    }

    [Theory]
    [InlineData("user@127.0.0.1:PORT")]
    [InlineData("user:secret@127.0.0.1:PORT")]
    [InlineData("127.0.0.1:PORT@example.org")]
    [InlineData("127.0.0.1:PORT%40example.org")]
    [InlineData("127.1:PORT")]
    [InlineData("0177.0.0.1:PORT")]
    [InlineData("0x7f.0.0.1:PORT")]
    [InlineData("0x7f000001:PORT")]
    [InlineData("2130706433:PORT")]
    [InlineData("127.0.0.1.:PORT")]
    [InlineData("127.0.0.1:PORT%2F..")]
    [InlineData("127.0.0.1:PORT%23example.org")]
    [InlineData("127.0.0.1:+PORT")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("[::1%251]:PORT")]
    [InlineData("[127.0.0.1]:PORT")]
    [InlineData("[::1:PORT")]
    [InlineData("127.0.0.1%20:PORT")]
    [InlineData("%D9%A1%D9%A2%D9%A7.0.0.1:PORT")]
    public async Task Target_in_another_spelling_or_with_a_user_is_400(string asked)
    {
        await using Target target = await Target.StartAsync();
        await using GatewayApp app = await StartAsync(target.Authority);

        string response = await RelayAsync(app, asked.Replace("PORT", $"{target.Port}", StringComparison.Ordinal), Request);

        response.ShouldStartWith("HTTP/1.1 400 ");
        target.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Listed_name_that_resolves_to_loopback_is_403_unless_the_address_is_listed_with_the_port()
    {
        await using Target target = await Target.StartAsync();
        await using GatewayApp name = await StartAsync($"localhost:{target.Port}");
        await using GatewayApp otherPort = await StartAsync($"localhost:{target.Port}", "127.0.0.1:1");
        await using GatewayApp both = await StartAsync($"localhost:{target.Port}", target.Authority);

        string refused = await RelayAsync(name, $"localhost:{target.Port}", Request);
        string refusedPort = await RelayAsync(otherPort, $"localhost:{target.Port}", Request);
        int before = target.Requests;
        string relayed = await RelayAsync(both, $"LOCALHOST:{target.Port}", Request);

        refused.ShouldStartWith("HTTP/1.1 403 ");
        refused.ShouldContain("public address");
        refusedPort.ShouldStartWith("HTTP/1.1 403 ");
        before.ShouldBe(0);
        relayed.ShouldStartWith("HTTP/1.1 200 ");
        target.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task Name_is_resolved_once_and_only_checked_addresses_are_connected_to()
    {
        await using Target target = await Target.StartAsync();
        List<string> resolved = [];
        await using GatewayApp app = await StartAsync(
            options => options.HostResolver = (host, _) =>
            {
                // A name that is bound to another address with each query.
                resolved.Add(host);
                return Task.FromResult<IPAddress[]>(
                    resolved.Count == 1 ? [IPAddress.Parse("169.254.169.254"), IPAddress.Loopback] : [IPAddress.Parse("10.0.0.1")]);
            },
            $"rebound.example:{target.Port}",
            target.Authority);

        string first = await RelayAsync(app, $"rebound.example:{target.Port}", Request);
        string second = await RelayAsync(app, $"rebound.example:{target.Port}", Request);

        first.ShouldStartWith("HTTP/1.1 200 ");
        first.ShouldEndWith($"rebound.example:{target.Port}");
        second.ShouldStartWith("HTTP/1.1 403 ");
        resolved.ShouldBe(["rebound.example", "rebound.example"]);
        target.Requests.ShouldBe(1);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello, world")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGET /smuggled HTTP/1.1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("")]
    public async Task Message_that_is_not_one_request_is_400_and_reaches_no_target(string message)
    {
        await using Target target = await Target.StartAsync();
        await using GatewayApp app = await StartAsync(target.Authority);

        string response = await RelayAsync(app, target.Authority, message);

        response.ShouldStartWith("HTTP/1.1 400 ");
        target.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Page_of_another_site_cannot_send_requests_through_the_relay()
    {
        await using Target target = await Target.StartAsync();
        await using GatewayApp app = await StartAsync(target.Authority);

        string response = await RelayAsync(app, target.Authority, Request, "Origin: http://foreign.example\r\n");

        response.ShouldStartWith("HTTP/1.1 403 ");
        target.Requests.ShouldBe(0);
    }

    [Theory]
    [InlineData("93.184.215.14", true)]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("127.255.0.1", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:93.184.215.14", true)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    public void Address_is_public_or_not(string address, bool isPublic)
        => PublicAddresses.Contains(IPAddress.Parse(address)).ShouldBe(isPublic);

    [Theory]
    [InlineData("")]
    [InlineData("http://example.org")]
    [InlineData("example.org/path")]
    [InlineData("*.example.org")]
    [InlineData("10.0.0.0/8")]
    [InlineData("::1")]
    [InlineData("example.org:http")]
    public async Task Text_that_is_no_target_is_refused_when_the_relay_is_mapped(string target)
    {
        ArgumentException error = await Should.ThrowAsync<ArgumentException>(() => StartAsync(target));

        error.Message.ShouldContain($"got \"{target}\"");
    }

    private static Task<GatewayApp> StartAsync(params string[] targets) => StartAsync(_ => { }, targets);

    private static Task<GatewayApp> StartAsync(Action<ReverseHttpRelayOptions> configure, params string[] targets)
        => GatewayApp.StartAsync(map: app => app.MapReverseHttpRelay("/reversehttp", options =>
        {
            Array.ForEach(targets, options.RelayTargets.Add);
            configure(options);
        }));

    // Not by HttpClient, which normalizes addresses. Returns the whole response.
    private static async Task<string> RelayAsync(GatewayApp app, string target, string message, string fields = "")
    {
        using RawConnection raw = await RawConnection.ConnectAsync(app.Port);
        await raw.SendAsync(
            $"POST /reversehttp/_relay/{target} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Type: message/http\r\n"
            + $"{fields}Content-Length: {Encoding.Latin1.GetByteCount(message)}\r\n\r\n{message}");
        return await raw.ReadToEndAsync().DefaultTimeout();
    }

    /// <summary>A web server that counts its requests, and returns the host of each.</summary>
    private sealed class Target : IAsyncDisposable
    {
        private int _requests;
        private OriginApp? _app;

        public int Requests => Volatile.Read(ref _requests);

        public int Port => _app!.Address.Port;

        public string Authority => _app!.Address.Authority;

        public static async Task<Target> StartAsync()
        {
            Target target = new();
            target._app = await OriginApp.StartAsync(context =>
            {
                Interlocked.Increment(ref target._requests);
                string host = context.Request.Host.ToString();
                context.Response.ContentLength = host.Length;
                return context.Response.WriteAsync(host);
            });
            return target;
        }

        public ValueTask DisposeAsync() => _app!.DisposeAsync();
    }
}
