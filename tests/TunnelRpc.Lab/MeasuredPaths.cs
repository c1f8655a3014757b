using System.Runtime.Versioning;
using Xunit;

namespace TunnelRpc.Lab;

/// <summary>Tests that measure run sequentially after all other tests. After them the page can be written.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[SupportedOSPlatform("linux")]
public sealed class MeasuredPaths : ICollectionFixture<MeasuredPaths>, IAsyncLifetime
{
    public const string Name = "measured";

    /// <summary>Runs all measured code once, so that no measurement includes JIT compilation.</summary>
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
