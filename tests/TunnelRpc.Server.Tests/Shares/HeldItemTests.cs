using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Broadcasts;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Shares;

/// <summary>Many streams of large items on one session: if they are read, no limit is reached; if not, their session is charged.</summary>
public sealed class HeldItemTests
{
    private const int ItemBytes = 1_000_000;

    // Together they hold more than PerRemoteAddress.MaxBufferedBytes permits.
    private const int Streams = 600;

    [Theory]
    [InlineData("upgrade")]
    [InlineData("websocket")]
    public async Task Hundreds_of_streams_of_large_items_that_are_all_read_keep_their_session(string transport)
    {
        await using ServerApp app = await ServerApp.StartAsync(s => s.AddService<IWarehouse>(new Warehouse()));
        using var meter = new ServerMeter(app.App.Services);
        await using TunnelClient client = await app.ConnectAsync("ann", transport);
        string session = client.SessionId!;

        int[] lengths = await Task.WhenAll(Enumerable.Range(0, Streams).Select(async _ =>
        {
            int read = 0;
            int bytes = 0;
            await foreach (byte[] item in client.Get<IWarehouse>().GiveAsync(ItemBytes))
            {
                bytes += item.Length;
                if (++read == 2)
                {
                    break;
                }
            }

            return bytes;
        })).WaitAsync(TimeSpan.FromMinutes(4));

        lengths.ShouldAllBe(bytes => bytes == 2 * ItemBytes);
        client.SessionId.ShouldBe(session);
        meter.Shed("PerRemoteAddress.MaxBufferedBytes").ShouldBe(0);
    }

    [Fact]
    public async Task Hundreds_of_large_replies_that_are_all_read_keep_their_session()
    {
        await using ServerApp app = await ServerApp.StartAsync(s => s.AddService<IWarehouse>(new Warehouse()));
        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade");
        string session = client.SessionId!;

        int[] lengths = await Task.WhenAll(Enumerable.Range(0, Streams).Select(async _ =>
            (await client.Get<IWarehouse>().MakeAsync(ItemBytes)).Length)).WaitAsync(TimeSpan.FromMinutes(4));

        lengths.ShouldAllBe(length => length == ItemBytes);
        client.SessionId.ShouldBe(session);
    }

    [Fact]
    public async Task Large_replies_that_are_not_read_are_charged_until_the_session_ends()
    {
        const int Size = 100_000;
        const int Calls = 200;
        await using ServerApp app = await ServerApp.StartAsync(s => s.AddService<IWarehouse>(new Warehouse()));
        PausableTransport? transport = null;
        TunnelClient client = await app.ConnectAsync("ann", "upgrade", o =>
        {
            o.Transports.Add(transport = new PausableTransport(o.Transports.Single()));
            o.Transports.RemoveAt(0);
        });
        transport!.Pause();

        Task[] calls = [.. Enumerable.Range(0, Calls).Select(_ => client.Get<IWarehouse>().MakeAsync(Size).AsTask())];

        // Of some of the replies, the client's socket has the first bytes.
        await Eventually.TrueAsync(() => app.Server.MemoryBudget.AccountedBytes > 0.8 * Calls * Size);
        transport.Resume();
        await Task.WhenAll(calls).DefaultTimeout();
        await client.DisposeAsync();
        await Eventually.TrueAsync(() => app.Server.MemoryBudget.AccountedBytes == 0);
    }

    [Fact]
    public async Task Streams_whose_consumers_stop_after_the_first_item_are_charged_and_cost_only_their_session()
    {
        await using ServerApp app = await ServerApp.StartAsync(
            s => s.AddService<IWarehouse>(new Warehouse()),
            options =>
            {
                // All users are at one address, which must not be the first to reach its limit.
                options.Limits.PerUser.MaxBufferedBytes = 64 << 20;
                options.Limits.PerRemoteAddress.MaxBufferedBytes = 256 << 20;
            });
        using var meter = new ServerMeter(app.App.Services);
        await using TunnelClient greedy = await app.ConnectAsync("ann", "upgrade");
        await using TunnelClient honest = await app.ConnectAsync("bob", "upgrade");
        List<IAsyncEnumerator<byte[]>> streams = [];
        using var guard = new CancellationTokenSource(TestTimeout.Default);

        // Each stream's second item, or its first while it waits for the consumer, is held by the server.
        TunnelException ended = await Should.ThrowAsync<TunnelException>(async () =>
        {
            while (!guard.IsCancellationRequested)
            {
                IAsyncEnumerator<byte[]> stream = greedy.Get<IWarehouse>().GiveAsync(ItemBytes, guard.Token).GetAsyncEnumerator();
                streams.Add(stream);
                await stream.MoveNextAsync();
            }
        });

        streams.Count.ShouldBeLessThan(300);
        ended.Status.ShouldBeOneOf(TunnelStatus.ResourceExhausted, TunnelStatus.Unavailable);
        await Eventually.TrueAsync(() => meter.Shed("PerUser.MaxBufferedBytes") >= 1);
        (await honest.Get<IWarehouse>().CountAsync(3).DefaultTimeout()).ShouldBe(3);
        foreach (IAsyncEnumerator<byte[]> stream in streams)
        {
            await stream.DisposeAsync();
        }
    }
}
