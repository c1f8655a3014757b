using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using static TunnelRpc.Gateway.Tests.Hosting.OriginTestExtensions;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>A side that does not read stops the other side, whatever is sent.</summary>
public sealed class FlowControlTests
{
    /// <summary>
    /// More than all buffers between the two applications: the windows of the stream, the retransmission buffers and those of the sockets.
    /// </summary>
    private const long Limit = 64L << 20;

    private const int PieceSize = 32 << 10;

    [Fact]
    public async Task Client_that_does_not_read_stops_the_writes_of_the_application()
    {
        long written = 0;
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            byte[] piece = new byte[PieceSize];
            while (!context.RequestAborted.IsCancellationRequested && written < Limit)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                Interlocked.Add(ref written, PieceSize);
            }
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        await using IAsyncEnumerator<HttpOriginPart> response =
            origin.SendAsync(Request(), Parts(), CancellationToken.None).GetAsyncEnumerator();
        (await response.MoveNextAsync()).ShouldBeTrue();

        await StableAsync(() => Interlocked.Read(ref written));

        Interlocked.Read(ref written).ShouldBeLessThan(Limit / 4);
        long received = 0;
        while (await response.MoveNextAsync())
        {
            received += response.Current.Data?.Length ?? 0;
        }

        received.ShouldBe(Limit);
    }

    [Fact]
    public async Task Application_that_does_not_read_stops_the_client()
    {
        long sent = 0;
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(
            relay.Tunnel,
            async context =>
            {
                await read.Task;
                long received = 0;
                byte[] buffer = new byte[PieceSize];
                int count;
                while ((count = await context.Request.Body.ReadAsync(buffer)) > 0)
                {
                    received += count;
                }

                await context.Response.WriteAsync($"{received}");
            },
            options => options.MaxRequestBodySize = null);
        IHttpOrigin origin = await relay.GetOriginAsync();
        Task<ReceivedResponse> response = Task.Run(async () =>
        {
            var bytes = new MemoryStream();
            HttpOriginResponse? head = null;
            await foreach (HttpOriginPart part in origin.SendAsync(
                Request("POST") with { HasBody = true }, SendAsync(), CancellationToken.None))
            {
                head ??= part.Head;
                bytes.Write((part.Data ?? default).Span);
            }

            return new ReceivedResponse(head!, bytes.ToArray(), null);
        });

        await Eventually.TrueAsync(() => Interlocked.Read(ref sent) > 0);
        await StableAsync(() => Interlocked.Read(ref sent));

        Interlocked.Read(ref sent).ShouldBeLessThan(Limit / 4);
        read.SetResult();
        (await response.DefaultTimeout()).Text.ShouldBe($"{Limit}");

        async IAsyncEnumerable<HttpOriginPart> SendAsync()
        {
            while (sent < Limit)
            {
                await Task.Yield();
                yield return new HttpOriginPart { Data = new byte[PieceSize] };
                Interlocked.Add(ref sent, PieceSize);
            }
        }
    }

    /// <summary>
    /// Waits until a counter has stood still for a while. Without flow control it reaches its end, which fails the test. A slow machine may
    /// end the wait early, which fails nothing.
    /// </summary>
    private static async Task StableAsync(Func<long> counter)
    {
        long last;
        do
        {
            last = counter();
            await Task.Delay(500);
        }
        while (counter() != last);
    }
}
