using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.Http;

/// <summary>Responses that refuse a request, to each transport.</summary>
public sealed class StatusTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));

    // The status, words of the message, whether a retry cannot succeed, and Retry-After with the expected delay in seconds.
    private static readonly (int Status, string Words, bool IsPermanent, string? RetryAfter, int? Delay)[] Responses =
    [
        (400, "considers the request invalid", true, null, null),
        (401, "requires credentials, and the request has no Authorization header: set AccessTokenProvider or Headers", true, null, null),
        (403, "forbids it", true, null, null),
        (404, "no tunnel is mapped at this address", true, null, null),
        (405, "does not allow this method", true, null, null),
        (407, "the proxy requires credentials, and none are configured: set ProxyCredentials", true, null, null),
        (408, "waited too long for the request", false, null, null),
        (413, "does not accept a request body of that size: raise its limit", true, null, null),
        (413, "it asks to wait 3 s (Retry-After)", false, "3", 3),
        (421, "does not serve this host name", true, null, null),
        (425, "retry later", false, null, null),
        (429, "limits the rate of requests or the number of connections", false, null, null),
        (429, "it asks to wait 120 s (Retry-After)", false, "120", 120),
        (429, "it asks to wait 4294967295 s", false, "99999999999999999999999", int.MaxValue),
        (429, "retry later, or raise the limit for this address.", false, "0", 0),
        (429, "retry later, or raise the limit for this address.", false, "-5", null),
        (429, "retry later, or raise the limit for this address.", false, "soon", null),
        (431, "shorten Headers, the access token or the cookies", true, null, null),
        (500, "see its log", false, null, null),
        (501, "use another transport", false, null, null),
        (502, "a proxy could not reach the server, or did not get a valid response", false, null, null),
        (502, "it asks to wait 5 s", false, "5", 5),
        (503, "no capacity for it at the moment, or is shutting down: retry later.", false, null, null),
        (503, "retry later; it asks to wait 30 s (Retry-After).", false, "30", 30),
        (504, "a proxy could not reach the server, or did not get a response from it in time", false, null, null),
        (418, "was not handled by a tunnel", true, null, null),
    ];

    private static readonly string[] TransportNames =
    [
        "upgrade", "websocket", "reverse-http", "two-connection", "n-plus-one", "long-poll", "connect", "http2-post", "extended-connect",
    ];

    public static TheoryData<string, int> Cases
    {
        get
        {
            TheoryData<string, int> cases = [];
            foreach (string transport in TransportNames)
            {
                for (int index = 0; index < Responses.Length; index++)
                {
                    cases.Add(transport, index);
                }
            }

            return cases;
        }
    }

    public void Dispose() => _timeout.Dispose();

    [Theory, MemberData(nameof(Cases))]
    public async Task Refusal_says_what_happened_and_what_to_do(string transport, int index)
    {
        (int status, string words, bool isPermanent, string? retryAfter, int? delay) = Responses[index];

        TransportException failure = await FailAsync(transport, status, retryAfter);

        failure.HttpStatus.ShouldBe(status);
        failure.Message.ShouldStartWith($"{transport}: the response was {status}");
        failure.Message.ShouldContain(words);
        failure.IsPermanent.ShouldBe(isPermanent);
        failure.RetryAfter.ShouldBe(
            delay is null ? null
            : delay == int.MaxValue ? TimeSpan.FromSeconds(uint.MaxValue)
            : TimeSpan.FromSeconds(delay.Value));
    }

    // RFC 9110, 5.6.7: the three forms of a date.
    [Theory]
    [InlineData("ddd, dd MMM yyyy HH:mm:ss 'GMT'")]
    [InlineData("dddd, dd-MMM-yy HH:mm:ss 'GMT'")]
    [InlineData("ddd MMM d HH:mm:ss yyyy")]
    public async Task Retry_after_a_date_is_the_time_until_it(string format)
    {
        string date = TimeProvider.System.GetUtcNow().AddMinutes(10).ToString(format, CultureInfo.InvariantCulture);

        TransportException failure = await FailAsync("upgrade", 503, date);

        failure.RetryAfter.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(10));
        failure.Message.ShouldContain("it asks to wait ");
    }

    [Fact]
    public async Task Retry_after_a_date_that_has_passed_asks_for_no_wait()
    {
        TransportException failure = await FailAsync("websocket", 503, "Sun, 06 Nov 1994 08:49:37 GMT");

        failure.RetryAfter.ShouldBe(TimeSpan.Zero);
        failure.Message.ShouldEndWith("retry later.");
    }

    [Fact]
    public async Task Refused_credentials_are_distinguished_from_missing_ones()
    {
        TransportException failure = await FailAsync("upgrade", 401, null, e => e with { Headers = [new("authorization", "Bearer t")] });

        failure.Message.ShouldContain("did not accept the credentials");
    }

    [Theory]
    [InlineData(408, "retry")]
    [InlineData(429, "limits the rate of requests")]
    [InlineData(503, "no capacity at the moment")]
    [InlineData(504, "in time")]
    public async Task Proxy_that_refuses_CONNECT_is_described(int status, string words)
    {
        await using ConnectProxy proxy = ConnectProxy.Start(status: status);
        TunnelEndpoint endpoint = new(new Uri("http://127.0.0.1:1/tunnel")) { Proxy = proxy.Address };

        TransportException failure = await Should.ThrowAsync<TransportException>(
            async () => await new ConnectTransport().ConnectAsync(endpoint, _timeout.Token));

        failure.HttpStatus.ShouldBe(status);
        failure.Message.ShouldContain(words);
        failure.Message.ShouldNotContain("does not offer CONNECT");
    }

    private static ITransport Create(string name) => name switch
    {
        "upgrade" => new UpgradeTransport(),
        "websocket" => new WebSocketTransport(),
        "reverse-http" => new ReverseHttpTransport(),
        "two-connection" => new TwoConnectionTransport(),
        "n-plus-one" => new NPlusOneTransport(),
        "long-poll" => new LongPollTransport(),
        "connect" => new ConnectTransport(),
        "http2-post" => new Http2PostTransport(),
        _ => new ExtendedConnectTransport(),
    };

    private async Task<TransportException> FailAsync(
        string transport, int status, string? retryAfter, Func<TunnelEndpoint, TunnelEndpoint>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(
            IPAddress.Loopback,
            0,
            l => l.Protocols = transport is "http2-post" or "extended-connect" ? HttpProtocols.Http2 : HttpProtocols.Http1));
        await using WebApplication app = builder.Build();
        app.Run(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        });
        await app.StartAsync(_timeout.Token);
        await using ConnectProxy? proxy = transport == "connect" ? ConnectProxy.Start() : null;
        TunnelEndpoint endpoint = new(new Uri($"{app.Urls.First()}/tunnel")) { Proxy = proxy?.Address };

        return await Should.ThrowAsync<TransportException>(
            async () => await Create(transport).ConnectAsync(configure?.Invoke(endpoint) ?? endpoint, _timeout.Token));
    }
}
