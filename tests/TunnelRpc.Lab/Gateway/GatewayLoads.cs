using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Lab.Gateway;

/// <summary>
/// Large bodies and many requests at once, through a gateway behind real proxies. The tests run one by one after all others, since they
/// measure the memory of the process.
/// </summary>
[SupportedOSPlatform("linux")]
[Collection(SequentialGatewayLoads.Name)]
public sealed class GatewayLoads(ITestOutputHelper output)
{
    private const int Requests = 1_000;

    /// <summary>What live objects and the proxy may take while a body passes, whatever its length: windows and socket buffers.</summary>
    private const long MaxBytes = 40L << 20;

    private static readonly long Length =
        (long.TryParse(Environment.GetEnvironmentVariable("TUNNELRPC_LAB_MEGABYTES"), out long megabytes) ? megabytes : 48) << 20;

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Large_download_is_whole_and_takes_little_memory(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        foreach (Version version in GatewayFront.Versions)
        {
            await MeasureAsync(setup, $"down, HTTP/{version}", async progress =>
            {
                using HttpResponseMessage response = await setup.SendAsync(
                    HttpMethod.Get, setup.Address(application, $"/download/{Length}"), version);
                await using Stream stream = await response.Content.ReadAsStreamAsync();
                (await PatternStream.CheckAsync(new ProgressStream(stream, progress))).ShouldBe(Length);
            });
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Large_upload_is_whole_and_takes_little_memory(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        foreach (Version version in GatewayFront.Versions)
        {
            await MeasureAsync(setup, $"up, HTTP/{version}", async progress =>
            {
                using var body = new StreamContent(new ProgressStream(new PatternStream(Length), progress), 64 << 10);
                var request = new HttpRequestMessage(HttpMethod.Post, setup.Address(application, "/upload"))
                {
                    Content = body,
                    Version = version,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                };
                using HttpResponseMessage response = await setup.Client.SendAsync(request);
                (await response.Content.ReadAsStringAsync().DefaultTimeout()).ShouldBe($"{Length}");
            });
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Thousand_requests_are_in_progress_at_once(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        setup.State.Expected = Requests;

        Task<string>[] requests =
        [
            .. Enumerable.Range(0, Requests).Select(async id =>
            {
                // Half of them over a connection each, half as streams of few connections.
                using HttpResponseMessage response = await setup.SendAsync(
                    HttpMethod.Get, setup.Address(application, $"/meet/{id}"), GatewayFront.Versions[id % 2]);
                return await response.Content.ReadAsStringAsync();
            }),
        ];

        (await Task.WhenAll(requests).DefaultTimeout()).ShouldBe(Enumerable.Range(0, Requests).Select(id => $"met {id}"));
    }

    /// <summary>Runs a transfer, and checks by how much live objects and the proxy grow in it at most.</summary>
    private async Task MeasureAsync(GatewaySetup setup, string name, Func<Action<long>, Task> transferAsync)
    {
        long start = GC.GetTotalMemory(forceFullCollection: true);
        long proxyStart = setup.Proxy?.GetPeakMemory() ?? 0;
        long began = TimeProvider.System.GetTimestamp();
        long peak = start;
        int sampled = 0;
        await transferAsync(total =>
        {
            // Eight times for each body.
            if (total * 8 / Length > sampled)
            {
                sampled++;
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true));
            }
        });

        double seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        long proxyGrowth = (setup.Proxy?.GetPeakMemory() ?? 0) - proxyStart;
        output.WriteLine(
            $"{Length >> 20} MiB {name}: {Length / seconds / 1e6:F0} MB/s, live objects + {(peak - start) / 1e6:F1} MB, "
            + $"proxy + {proxyGrowth / 1e6:F1} MB.");
        sampled.ShouldBeGreaterThan(0);
        (peak - start).ShouldBeLessThan(MaxBytes);
        proxyGrowth.ShouldBeLessThan(MaxBytes);
    }
}
