using System.Runtime.Versioning;
using Shouldly;
using Xunit;

namespace TunnelRpc.Lab;

/// <summary>The page agrees with the table of the tests.</summary>
[SupportedOSPlatform("linux")]
public sealed class ProxyPageTests
{
    [Fact]
    public void Page_lists_the_winners_that_the_tests_assert()
    {
        if (ProxyPage.IsAccepted)
        {
            // This run writes the page; the next one compares it with the table.
            return;
        }

        ProxyPage.ReadWinners().ShouldBe(
            ProxyPage.ExpectedWinners(), "Run the lab with TUNNELRPC_ACCEPT_PROXIES=1 and commit docs/proxies.md.");
    }
}
