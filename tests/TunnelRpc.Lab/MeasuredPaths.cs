using System.Runtime.Versioning;
using Xunit;

namespace TunnelRpc.Lab;

/// <summary>Tests that measure run after all others, one at a time; then the page can be written.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[SupportedOSPlatform("linux")]
public sealed class MeasuredPaths : ICollectionFixture<MeasuredPaths>, IAsyncLifetime
{
    public const string Name = "measured";

    /// <summary>Once through everything, so that no test pays for code that runs for the first time.</summary>
    public async Task InitializeAsync()
    {
        foreach (ProxyPath path in ProxyTable.Paths.Where(p => p.Program is null))
        {
            await ThroughProxies.MeasureAsync(path);
        }
    }

    public Task DisposeAsync()
    {
        if (ProxyPage.IsAccepted)
        {
            ProxyPage.Write();
        }

        return Task.CompletedTask;
    }
}
