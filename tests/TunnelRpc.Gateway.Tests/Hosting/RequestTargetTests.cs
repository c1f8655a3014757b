using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TunnelRpc.Gateway.Hosting.Exchanges;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Hosting;

public sealed class RequestTargetTests
{
    /// <summary>Targets that both servers accept, and that differ in what has to be decoded or removed.</summary>
    private static readonly string[] ValidTargets =
    [
        "/", "/a", "/a/", "/a//b", "/a?b=c", "/a?", "/?x=%2F", "/a%20b", "/%41", "/a%2Fb", "/a%2fb", "/%C3%A4", "/%E2%82%AC%20",
        "/%F0%9F%98%80", "/%C3", "/%C3%28", "/%FF%41", "/%", "/%4", "/%zz", "/%2", "/a%25b", "/a+b",
        "/.", "/..", "/./a", "/../a", "/a/./b", "/a/../b",
        "/a/b/..", "/a/b/.", "/a/b/../../..", "/a/%2e%2e/b", "/a/%2e/b", "/.a/..b/c.", "/a?../b", "/;p=1/b", "/a/...", "//a", "//../a",
        "/a/..//b",
    ];

    private static readonly string[] InvalidTargets = ["", "a", "http://x/", "/a b", "/a\n", "/ä", "/%00", "/a%00b", "/a\u007f"];

    public static TheoryData<string> Invalid => [.. InvalidTargets];

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Target_that_is_not_valid_is_refused(string target) => RequestTarget.TryParse(target, out _, out _).ShouldBeFalse();

    [Fact]
    public void Asterisk_has_no_path()
    {
        RequestTarget.TryParse("*", out string? path, out string query).ShouldBeTrue();

        path.ShouldBe("");
        query.ShouldBe("");
    }

    [Fact]
    public async Task Targets_are_decoded_as_kestrel_decodes_them()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication app = builder.Build();
        app.Run(context => context.Response.WriteAsync(Describe(context.Request.Path.Value, context.Request.QueryString.Value)));
        await app.StartAsync();
        var expected = new List<string>();
        foreach (string target in ValidTargets)
        {
            expected.Add($"{target}: {await AskAsync(new Uri(app.Urls.First()).Port, target)}");
        }

        string[] actual =
        [
            .. ValidTargets.Select(target => RequestTarget.TryParse(target, out string? path, out string query)
                ? $"{target}: {Describe(path, query)}"
                : $"{target}: refused"),
        ];

        actual.ShouldBe(expected);
    }

    private static string Describe(string? path, string? query) => $"[{path}] [{query}]";

    private static async Task<string> AskAsync(int port, string target)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string response = await reader.ReadToEndAsync().DefaultTimeout();
        return response[response.IndexOf('[', StringComparison.Ordinal)..(response.LastIndexOf(']') + 1)];
    }
}
