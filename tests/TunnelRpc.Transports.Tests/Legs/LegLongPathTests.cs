using Microsoft.AspNetCore.Http;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Legs.Client;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>
/// What legs have in flight on a path with a long round trip, and how large blocks pass intermediaries with lower limits and paths that are
/// slow. The client measures no time but that of the test, so blocks are fast on a busy machine, too.
/// </summary>
public sealed class LegLongPathTests : IDisposable
{
    private const int MaxBlocksInFlight = 8;

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));
    private readonly ManualTimestamps _timestamps = new();

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Eight_blocks_are_in_flight_while_many_bytes_wait()
    {
        const int Bytes = 12 << 20;
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int blocks = 0;
        int most = 0;
        int held = 0;
        int largest = 0;
        await using TransportTestServer server = await StartAsync(async (context, next) =>
        {
            InterlockedMax(ref largest, (int)(context.Request.ContentLength ?? 0));
            if (!IsBlock(context) || Volatile.Read(ref held) == 0)
            {
                await next(context);
                return;
            }

            int count = Interlocked.Increment(ref blocks);
            InterlockedMax(ref most, count);
            OnResponding(context, () => Interlocked.Decrement(ref blocks));
            if (count == MaxBlocksInFlight)
            {
                arrived.TrySetResult();
            }

            // No block is answered before eight are in flight.
            await arrived.Task.WaitAsync(TimeoutToken);
            await next(context);
        });
        await using ConnectionPair pair = await OpenAsync(new NPlusOneTransport(), server);

        // The path is known to be fast after a few blocks.
        await TransferUntilAsync(pair, () => largest == LegProtocol.MaxBlockBytes);
        Volatile.Write(ref held, 1);
        Task writing = pair.Client.WriteRandomAsync(1, Bytes, TimeoutToken);
        await arrived.Task.WaitAsync(TimeoutToken);

        await Task.WhenAll(writing, pair.Server.ReadRandomAsync(1, Bytes, TimeoutToken));
        most.ShouldBe(MaxBlocksInFlight);
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

        await TransferUntilAsync(pair, () => refused > 0);
        await TransferUntilAsync(pair, () => true);

        refused.ShouldBeInRange(1, MaxBlocksInFlight);
    }

    [Fact]
    public async Task Blocks_become_smaller_on_a_path_on_which_they_are_slow_and_larger_when_it_is_fast_again()
    {
        int isSlow = 1;
        int blocks = 0;
        int most = 0;
        int last = 0;
        int largest = 0;
        await using TransportTestServer server = await StartAsync(async (context, next) =>
        {
            if (!IsBlock(context))
            {
                await next(context);
                return;
            }

            InterlockedMax(ref most, Interlocked.Increment(ref blocks));
            InterlockedMax(ref largest, (int)context.Request.ContentLength!);
            Volatile.Write(ref last, (int)context.Request.ContentLength!);
            OnResponding(context, () =>
            {
                Interlocked.Decrement(ref blocks);
                _timestamps.Advance(isSlow * 2 * BlockSize.SlowTime);
            });
            await next(context);
        });
        await using ConnectionPair pair = await OpenAsync(new NPlusOneTransport(), server);

        await TransferUntilAsync(pair, () => last <= BlockSize.MinBytes);
        largest.ShouldBeLessThanOrEqualTo(BlockSize.StartBytes);
        most.ShouldBeLessThanOrEqualTo(2);

        Volatile.Write(ref isSlow, 0);
        await TransferUntilAsync(pair, () => largest == LegProtocol.MaxBlockBytes);
    }

    [Fact]
    public async Task Poll_continues_while_bytes_arrive()
    {
        const int Piece = 64 * 1024;
        const int Pieces = 8;
        FakeTimeProvider time = new();
        using var next = new SemaphoreSlim(0);
        int polls = 0;
        await using TransportTestServer server = await StartAsync(async (context, handle) =>
        {
            if (!HttpMethods.IsGet(context.Request.Method) || context.Request.QueryString.Value!.EndsWith("n=1", StringComparison.Ordinal))
            {
                await handle(context);
                return;
            }

            // No poll arrives before everything is written.
            await next.WaitAsync(TimeoutToken);
            Interlocked.Increment(ref polls);
            Stream body = context.Response.Body;
            using var response = new MemoryStream();
            context.Response.Body = response;
            await handle(context);
            await context.Response.BodyWriter.FlushAsync(TimeoutToken);
            for (int sent = 0; sent < response.Length; sent += Piece)
            {
                await body.WriteAsync(response.GetBuffer().AsMemory(sent, Math.Min(Piece, (int)response.Length - sent)), TimeoutToken);
                await body.FlushAsync(TimeoutToken);
                await next.WaitAsync(TimeoutToken);
            }
        });
        await using ConnectionPair pair = await OpenAsync(new LongPollTransport(), server, time);
        for (int half = 0; half < 2 * Pieces; half++)
        {
            await pair.Server.WriteRandomAsync(half, Piece / 2, TimeoutToken);
        }

        next.Release();
        for (int half = 0; half < 2 * Pieces; half++)
        {
            await pair.Client.ReadRandomAsync(half, Piece / 2, TimeoutToken);
            if (half % 2 == 0)
            {
                // Together much longer than a response may take without a byte.
                time.Advance(TimeSpan.FromSeconds(50));
                next.Release();
            }
        }

        polls.ShouldBe(1);
        next.Release(100);
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

    /// <summary>Sends bytes to the server until a condition holds: the size of blocks depends on how fast the bytes are written.</summary>
    private async Task TransferUntilAsync(ConnectionPair pair, Func<bool> isDone)
    {
        do
        {
            await Task.WhenAll(
                pair.Client.WriteRandomAsync(2, 8 << 20, TimeoutToken), pair.Server.ReadRandomAsync(2, 8 << 20, TimeoutToken));
        }
        while (!isDone());
    }

    /// <summary>Runs an action before the client can receive the response.</summary>
    private static void OnResponding(HttpContext context, Action action) => context.Response.OnStarting(() =>
    {
        action();
        return Task.CompletedTask;
    });

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

    private async Task<ConnectionPair> OpenAsync(ITransport transport, TransportTestServer server, TimeProvider? time = null)
    {
        Task<ITransportConnection> accepting = server.AcceptAsync(TimeoutToken).AsTask();
        ITransportConnection client = await transport.ConnectAsync(
            server.Endpoint with { TimeProvider = time ?? _timestamps }, TimeoutToken);
        return new ConnectionPair(client, await accepting);
    }

    /// <summary>A clock whose timestamps a test advances, and whose timers are those of the system.</summary>
    private sealed class ManualTimestamps : TimeProvider
    {
        // Changed atomically.
        private long _timestamp = 1;

        public override long GetTimestamp() => Interlocked.Read(ref _timestamp);

        public void Advance(TimeSpan by) => Interlocked.Add(ref _timestamp, (long)(by.TotalSeconds * TimestampFrequency));
    }
}
