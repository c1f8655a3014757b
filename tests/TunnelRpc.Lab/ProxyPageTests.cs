using System.Runtime.Versioning;
using Shouldly;
using Xunit;

namespace TunnelRpc.Lab;

/// <summary>The page that users read says what the tests assert.</summary>
[SupportedOSPlatform("linux")]
public sealed class ProxyPageTests
{
    [Fact]
    public void The_page_names_the_winners_that_the_tests_assert()
    {
        if (ProxyPage.IsAccepted)
        {
            // This run writes the page; the next one holds it to the table.
            return;
        }

        ProxyPage.ReadWinners().ShouldBe(ProxyPage.ExpectedWinners(), "Run the lab with TUNNELRPC_ACCEPT_PROXIES=1 and commit docs/proxies.md.");
    }
}
