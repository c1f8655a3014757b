using System.Runtime.Versioning;
using Shouldly;
using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>docs/gateway.md shows the configurations that the tests use.</summary>
[SupportedOSPlatform("linux")]
public sealed class GatewayPageTests
{
    private const string Begin = "# docs: begin";
    private const string End = "# docs: end";

    [Theory]
    [InlineData("haproxy-gateway.cfg", "haproxy")]
    [InlineData("nginx-gateway.conf", "nginx")]
    public void Page_shows_the_tested_configuration(string file, string language)
    {
        string[] template = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "proxies", file));
        int begin = Array.FindIndex(template, line => line.Trim() == Begin);
        int end = Array.FindIndex(template, line => line.Trim() == End);
        int indent = template[begin].Length - Begin.Length;
        string[] expected =
        [
            .. template[(begin + 1)..end].Select(line => Fill(line.Length > indent ? line[indent..] : line.TrimStart())),
        ];

        Block(language).ShouldBe(expected, $"docs/gateway.md must have the lines between the marks of {file}, with its addresses.");
    }

    /// <summary>The addresses of the page in place of the lab's.</summary>
    private static string Fill(string line) => line
        .Replace("127.0.0.1:{{port}}", line.Contains("bind", StringComparison.Ordinal) ? ":443" : "443", StringComparison.Ordinal)
        .Replace("{{upstream}}", "5000", StringComparison.Ordinal)
        .Replace("{{upstream2}}", "5001", StringComparison.Ordinal)
        .Replace("{{directory}}/tls.pem", "/etc/ssl/relay.pem", StringComparison.Ordinal);

    /// <summary>The lines of the first code block of this language.</summary>
    private static string[] Block(string language)
    {
        string[] page = File.ReadAllLines(Path.Combine(ProxyPage.Root(), "docs", "gateway.md"));
        int start = Array.IndexOf(page, "```" + language);
        start.ShouldBeGreaterThanOrEqualTo(0, $"a block of {language}");
        return [.. page[(start + 1)..].TakeWhile(line => line != "```")];
    }
}
