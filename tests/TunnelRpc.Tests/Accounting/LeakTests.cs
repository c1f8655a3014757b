using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Accounting;

/// <summary>A session that ends releases all its memory, however it ends.</summary>
public sealed class LeakTests
{
    private const int Kilobyte = 1 << 10;

    public enum Ending
    {
        PathCut,
        ClosedByTheClient,
        BrokenByTheClient,
        ServerStopped,
        Shed,
    }

    [Theory]
    [InlineData(Ending.PathCut)]
    [InlineData(Ending.ClosedByTheClient)]
    [InlineData(Ending.BrokenByTheClient)]
    [InlineData(Ending.ServerStopped)]
    [InlineData(Ending.Shed)]
    public async Task Session_that_ends_releases_all_memory(Ending ending)
    {
        await using var server = new AccountedServer(limits => limits.MaxUnacknowledgedBytes = 64 * Kilobyte);
        await using RawClient client = await server.ConnectAsync();
        await ReserveEverythingAsync(server, client);
        client.Memory.AccountedBytes.ShouldBeGreaterThan(700 * Kilobyte);

        switch (ending)
        {
            case Ending.PathCut:
                await client.DisposeAsync();
                break;
            case Ending.ClosedByTheClient:
                Task reading = client.Peer.DrainAsync();
                await client.Peer.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "done").ToPayload());
                await reading.DefaultTimeout();
                break;
            case Ending.BrokenByTheClient:
                reading = client.Peer.DrainAsync();
                await client.Peer.SendFrameAsync(FrameType.Reply, FrameFlags.None, 2000);
                await reading.DefaultTimeout();
                break;
            case Ending.ServerStopped:
                reading = client.Peer.DrainAsync();
                Task stopping = server.Server.DisposeAsync().AsTask();
                await client.Peer.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "done").ToPayload());
                await reading.DefaultTimeout();
                await stopping.DefaultTimeout();
                break;
            default:
                client.Session.Peer.Session.TryAbort(new TunnelException(TunnelStatus.ResourceExhausted, "Enough.")).ShouldBeTrue();
                break;
        }

        await server.ShouldHaveReleasedMemoryAsync();
    }

    [Fact]
    public async Task Memory_of_a_running_call_is_accounted_until_it_ends_even_after_its_session()
    {
        await using var server = new AccountedServer();
        await using RawClient client = await server.ConnectAsync();
        server.Keeper.IgnoresCancellation = true;
        await client.KeepAsync(100 * Kilobyte);

        await client.DisposeAsync();
        await client.Session.Peer.SessionCompletion.DefaultTimeout();
        long accounted = server.Server.MemoryBudget.AccountedBytes;
        server.Keeper.Release();

        accounted.ShouldBe((100 * Kilobyte) + 9);
        await server.ShouldHaveReleasedMemoryAsync();
    }

    [Fact]
    public async Task Partially_received_messages_are_released_when_complete_cancelled_or_unreadable()
    {
        await using var server = new AccountedServer();
        await using RawClient client = await server.ConnectAsync();
        server.Keeper.Release();
        ulong complete = await client.BeginAsync(IKeeper.Keep, RawClient.Bytes(100 * Kilobyte));
        ulong cancelled = await client.BeginAsync(IKeeper.Keep, RawClient.Bytes(200 * Kilobyte));
        ulong unreadable = await client.BeginAsync(IKeeper.Keep, new byte[50 * Kilobyte]);
        await client.SettleAsync();
        long before = client.Memory.AccountedBytes;

        await client.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End, complete, 0);
        await client.Peer.SendFrameAsync(FrameType.Cancel, FrameFlags.None, cancelled, (byte)TunnelStatus.Cancelled);
        await client.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End, unreadable, 0);
        ReceivedFrame[] replies = [await client.Peer.ReadFrameAsync(), await client.Peer.ReadFrameAsync()];

        before.ShouldBeGreaterThan(350 * Kilobyte);
        replies.Select(a => a.Stream).ShouldBe([complete, unreadable], ignoreOrder: true);
        await client.SettleAsync();
        await client.Peer.SendNumberAsync(RecordType.Ack, (ulong)client.Session.Peer.Session.SentOffset);
        await client.SettleAsync();
        await Eventually.TrueAsync(() => client.Memory is { AccountedBytes: 0, AccountedCallBytes: 0 });
    }

    [Fact]
    public async Task Idle_session_has_no_accounted_memory()
    {
        await using var server = new AccountedServer();
        await using RawClient client = await server.ConnectAsync();
        server.Keeper.Release();

        await client.KeepAsync(10);
        await client.Peer.ReadFrameAsync();
        await client.Peer.SendNumberAsync(RecordType.Ack, client.Session.Peer.Session.SentOffset);
        await client.SettleAsync();

        (client.Memory.AccountedBytes, server.Server.MemoryBudget.AccountedBytes).ShouldBe((0, 0));
    }

    /// <summary>
    /// Arguments of a running call, a partially sent message, unconsumed items, a reply that waits, and unacknowledged bytes.
    /// </summary>
    private static async Task ReserveEverythingAsync(AccountedServer server, RawClient client)
    {
        await client.KeepAsync(200 * Kilobyte);
        await client.BeginAsync(IKeeper.Keep, RawClient.Bytes(100 * Kilobyte));
        ulong stream = await client.CallAsync(IKeeper.Take, RawClient.Number(1), FrameFlags.None);
        for (int i = 0; i < 8; i++)
        {
            await client.Peer.SendFrameAsync(FrameType.Item, FrameFlags.None, stream, RawClient.Bytes(10 * Kilobyte));
        }

        await server.Keeper.KeptAsync().DefaultTimeout();
        await client.CallAsync(IKeeper.Make, RawClient.Number(300 * Kilobyte));
        await client.SettleAsync();
        await Eventually.TrueAsync(() => client.Memory.AccountedCallBytes > 250 * Kilobyte
            && client.Session.Peer.Multiplexer.WaitingMessages.AdmittedBytes > 300 * Kilobyte
            && client.Session.Peer.Multiplexer.QueuedMessageCount > 0);
    }
}
