using Microsoft.AspNetCore.Http;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>
/// What legs have in flight on a path with a long round trip, and how large blocks pass intermediaries with lower limits.
/// </summary>
public sealed class LegLongPathTests : IDisposable
{
    private const int MaxBlocksInFlight = 8;

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Eight_blocks_are_in_flight_while_many_bytes_wait()
    {
        const int Bytes = 12 << 20;
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int blocks = 0;
        int most = 0;
        await using TransportTestServer server = await StartAsync(async (context, next) =>
        {
            if (!IsBlock(context))
            {
                await next(context);
                return;
            }

            int count = Interlocked.Increment(ref blocks);
            InterlockedMax(ref most, count);
            if (count == MaxBlocksInFlight)
            {
                arrived.SetResult();
            }

            // No block is answered before eight are in flight.
            await arrived.Task.WaitAsync(TimeoutToken);
            await next(context);
            Interlocked.Decrement(ref blocks);
        });
        await using ConnectionPair pair = await OpenAsync(new NPlusOneTransport(), server);

        Task writing = pair.Client.WriteRandomAsync(1, Bytes, TimeoutToken);
        await arrived.Task.WaitAsync(TimeoutToken);

        await Task.WhenAll(writing, pair.Server.ReadRandomAsync(1, Bytes, TimeoutToken));
        most.ShouldBeLessThanOrEqualTo(MaxBlocksInFlight + 1, "eight, and one whose response the client has not read yet");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Blocks_that_an_intermediary_refuses_as_too_large_are_sent_again_as_smaller_ones(bool responds)
    {
        const int Limit = 200_000;
        int refused = 0;
        await using TransportTestServer server = await StartAsync(async (context, next) =>
        {
            if (IsBlock(context) && context.Request.ContentLength > Limit)
            {
                Interlocked.Increment(ref refused);
                context.Response.StatusCode = 413;
                if (!responds)
                {
                    context.Abort();
                }

                return;
            }

            await next(context);
        });
        await using ConnectionPair pair = await OpenAsync(new NPlusOneTransport(), server);

        await Task.WhenAll(
            pair.Client.WriteRandomAsync(1, 6_000_000, TimeoutToken), pair.Server.ReadRandomAsync(1, 6_000_000, TimeoutToken));

        refused.ShouldBeInRange(1, MaxBlocksInFlight);
    }

    [Fact]
    public async Task Response_to_a_poll_has_as_many_bytes_as_wait()
    {
        const int Bytes = 3 << 20;
        long largest = 0;
        using var polls = new SemaphoreSlim(0);
        await using TransportTestServer server = await StartAsync(async (context, next) =>
        {
            if (HttpMethods.IsGet(context.Request.Method) && !context.Request.QueryString.Value!.EndsWith("n=1", StringComparison.Ordinal))
            {
                await polls.WaitAsync(TimeoutToken);
            }

            await next(context);
            InterlockedMax(ref largest, context.Response.ContentLength ?? 0);
        });
        await using ConnectionPair pair = await OpenAsync(new LongPollTransport(), server);

        // No poll arrives before everything is written.
        await pair.Server.WriteRandomAsync(1, Bytes, TimeoutToken);
        polls.Release(1000);
        await pair.Client.ReadRandomAsync(1, Bytes, TimeoutToken);

        largest.ShouldBeGreaterThan(Bytes);
    }

    [Theory]
    [InlineData("two-connection")]
    [InlineData("n-plus-one")]
    public async Task Download_continues_beyond_1_MiB_that_the_client_has_not_reported(string transport)
    {
        // The client's reports, which are in its uploads, do not arrive.
        using var uploads = new SemaphoreSlim(0);
        int held = 0;
        await using TransportTestServer server = await StartAsync(async (context, next) =>
        {
            if (Volatile.Read(ref held) == 1 && HttpMethods.IsPost(context.Request.Method))
            {
                await uploads.WaitAsync(TimeoutToken);
            }

            await next(context);
        });
        await using ConnectionPair pair = await OpenAsync(
            transport == "n-plus-one" ? new NPlusOneTransport() : new TwoConnectionTransport(), server);
        Volatile.Write(ref held, 1);

        await Task.WhenAll(
            pair.Server.WriteRandomAsync(1, 8 << 20, TimeoutToken), pair.Client.ReadRandomAsync(1, 8 << 20, TimeoutToken));

        uploads.Release(1000);
    }

    private static bool IsBlock(HttpContext context) => HttpMethods.IsPost(context.Request.Method) && context.Request.ContentLength > 0;

    private static void InterlockedMax(ref int maximum, int value)
    {
        int current;
        while ((current = Volatile.Read(ref maximum)) < value && Interlocked.CompareExchange(ref maximum, value, current) != current)
        {
        }
    }

    private static void InterlockedMax(ref long maximum, long value)
    {
        long current;
        while ((current = Volatile.Read(ref maximum)) < value && Interlocked.CompareExchange(ref maximum, value, current) != current)
        {
        }
    }

    private static Task<TransportTestServer> StartAsync(Func<HttpContext, RequestDelegate, Task> handle) =>
        TransportTestServer.StartAsync([new LegTransportAcceptor()], use: app => app.Use(next => context => handle(context, next)));

    private async Task<ConnectionPair> OpenAsync(ITransport transport, TransportTestServer server)
    {
        Task<ITransportConnection> accepting = server.AcceptAsync(TimeoutToken).AsTask();
        ITransportConnection client = await transport.ConnectAsync(server.Endpoint, TimeoutToken);
        return new ConnectionPair(client, await accepting);
    }
}
