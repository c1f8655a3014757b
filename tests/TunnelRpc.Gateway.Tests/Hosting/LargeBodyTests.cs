using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>
/// Large bodies in both directions through a real gateway. TUNNELRPC_GATEWAY_BODY_MB sets their size; 64 by default.
/// </summary>
public sealed class LargeBodyTests
{
    private static readonly long Size =
        (long.TryParse(Environment.GetEnvironmentVariable("TUNNELRPC_GATEWAY_BODY_MB"), out long megabytes) ? megabytes : 64) << 20;

    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };

    [Fact]
    public async Task Download_is_whole_and_needs_little_memory()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            context.Response.ContentLength = Size;
            byte[] piece = new byte[100_000];
            for (long sent = 0; sent < Size;)
            {
                int count = (int)Math.Min(piece.Length, Size - sent);
                PatternStream.Fill(piece.AsSpan(0, count), sent);
                await context.Response.Body.WriteAsync(piece.AsMemory(0, count));
                sent += count;
            }
        });

        long held = await MeasureAsync(async () =>
        {
            using HttpResponseMessage response = await Http.GetAsync(relay.Shop, HttpCompletionOption.ResponseHeadersRead);
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            (await PatternStream.CheckAsync(stream)).ShouldBe(Size);
        });

        held.ShouldBeLessThan(Size / 2);
    }

    [Fact]
    public async Task Upload_is_whole_and_needs_little_memory()
    {
        await using PublicRelay relay = await PublicRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel,
            async context => await context.Response.WriteAsync($"{await PatternStream.CheckAsync(context.Request.Body)}"),
            options => options.MaxRequestBodySize = null);

        long held = await MeasureAsync(async () =>
        {
            using var content = new StreamContent(new PatternStream(Size));
            using HttpResponseMessage response = await Http.PostAsync(relay.Shop, content);
            (await response.Content.ReadAsStringAsync()).ShouldBe($"{Size}");
        });

        held.ShouldBeLessThan(Size / 2);
    }

    /// <summary>Runs a transfer, and returns by how much the live objects of the process grew in it at most.</summary>
    private static async Task<long> MeasureAsync(Func<Task> transfer)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        Task running = Task.Run(transfer);
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(100));
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        await running.WaitAsync(Debugger.IsAttached ? Timeout.InfiniteTimeSpan : TestTimeout.Default);
        return most;
    }
}
