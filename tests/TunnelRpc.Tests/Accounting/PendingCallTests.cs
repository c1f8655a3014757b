using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Accounting;

/// <summary>What calls hold in one session is bounded, whatever the peer does. A correct peer is delayed and not refused.</summary>
public sealed class PendingCallTests
{
    private const int Kilobyte = 1 << 10;

    [Fact]
    public async Task Calls_above_MaxPendingCallBytes_are_refused_until_others_end()
    {
        await using var server = new AccountedServer(limits =>
        {
            limits.MaxPendingCallBytes = 80 * Kilobyte;
            limits.MaxMessageSize = 35 * Kilobyte;
        });
        await using RawClient client = await server.ConnectAsync();
        for (int i = 0; i < 4; i++)
        {
            await client.KeepAsync(30 * Kilobyte);
        }

        ulong refused = await client.CallAsync(IKeeper.Keep, RawClient.Bytes(30 * Kilobyte));
        ReceivedFrame refusal = await client.Peer.ReadFrameAsync();
        long accounted = client.Memory.AccountedCallBytes;
        server.Keeper.Release();
        for (int i = 0; i < 4; i++)
        {
            await client.Peer.ReadFrameAsync();
        }

        await Eventually.TrueAsync(() => client.Memory.AccountedCallBytes == 0);
        ulong later = await client.CallAsync(IKeeper.Keep, RawClient.Bytes(30 * Kilobyte));
        ReceivedFrame reply = await client.Peer.ReadFrameAsync();

        refusal.Stream.ShouldBe(refused);
        TunnelException error = FailureBody.Read(refusal.Body);
        (error.Status, error.Message).ShouldBe((
            TunnelStatus.ResourceExhausted,
            "The call was refused: the calls of this session hold 122916 bytes of arguments and 0 bytes of stream items, "
            + "of at most 81920 of either (limit MaxPendingCallBytes)."));
        accounted.ShouldBe(4 * ((30 * Kilobyte) + 9));
        (reply.Stream, reply.Flags).ShouldBe((later, FrameFlags.None));
    }

    [Fact]
    public async Task Call_above_the_limit_is_accepted_alone()
    {
        await using var server = new AccountedServer(limits => limits.MaxPendingCallBytes = 1024);
        await using RawClient client = await server.ConnectAsync();

        await client.KeepAsync(1 << 20);
        server.Keeper.Release();

        (await client.Peer.ReadFrameAsync()).Flags.ShouldBe(FrameFlags.None);
    }

    [Fact]
    public async Task Small_calls_are_bounded_by_number_and_not_accounted()
    {
        await using var server = new AccountedServer();
        await using RawClient client = await server.ConnectAsync();

        for (int i = 0; i < 200; i++)
        {
            await client.KeepAsync(1000);
        }

        client.Memory.AccountedCallBytes.ShouldBe(0);
        client.Session.Peer.Multiplexer.IncomingCalls.Count.ShouldBe(200);
    }

    [Fact]
    public async Task Peer_that_acknowledges_no_reply_is_refused_and_then_its_session_ends()
    {
        // A call whose reply waits still counts as running.
        await using var server = new AccountedServer(limits =>
        {
            limits.MaxUnacknowledgedBytes = 4096;
            limits.MaxControlBacklog = 16 * Kilobyte;
            limits.MaxConcurrentCalls = 20;
        });
        await using RawClient client = await server.ConnectAsync();

        int calls = 0;
        int mostOpen = 0;
        while (!client.Session.Peer.SessionCompletion.IsCompleted && calls < 100_000)
        {
            try
            {
                await client.CallAsync(IKeeper.Make, RawClient.Number(100));
                await client.SettleAsync();
            }
            catch (Exception ended) when (ended is TransportException or InvalidOperationException)
            {
                break;
            }

            calls++;
            mostOpen = Math.Max(mostOpen, client.Session.Peer.Multiplexer.OpenStreamCount);
        }

        await client.Session.Peer.SessionCompletion.DefaultTimeout();
        mostOpen.ShouldBeLessThanOrEqualTo(20);
        await server.ShouldHaveReleasedMemoryAsync();
    }

    [Fact]
    public async Task Large_results_wait_without_being_encoded_and_all_arrive()
    {
        const int Calls = 100;
        await using var server = new AccountedServer(limits => limits.MaxPendingCallBytes = 2048 * Kilobyte);
        await using RawClient client = await server.ConnectAsync();
        for (int i = 0; i < Calls; i++)
        {
            await client.CallAsync(IKeeper.Make, RawClient.Number(200 * Kilobyte));
        }

        ByteQuota waiting = client.Session.Peer.Multiplexer.WaitingMessages;

        // A reply is admitted before it is encoded, and its memory is charged when it has been.
        await Eventually.TrueAsync(() => waiting.WaiterCount > 50 && client.Memory.AccountedBytes >= 128 * Kilobyte);
        long accounted = client.Memory.AccountedBytes;
        int completeCount = 0;
        ulong received = 0;
        var frames = new FrameRecorder();
        var parser = new FrameParser(frames);
        while (completeCount < Calls)
        {
            byte[] data = await client.Peer.ReadRecordAsync(RecordType.Data);
            received += (ulong)data.Length;
            parser.Parse(data);
            while (frames.Frames.TryDequeue(out ReceivedFrame? frame))
            {
                completeCount += frame.Type == FrameType.Reply ? 1 : 0;
            }

            await client.Peer.SendNumberAsync(RecordType.Ack, received);
        }

        accounted.ShouldBeInRange(128 * Kilobyte, 4 << 20);
        received.ShouldBeGreaterThan((ulong)Calls * 200 * Kilobyte);
        await client.SettleAsync();
        await Eventually.TrueAsync(() => waiting.AdmittedBytes == 0);
    }

    [Fact]
    public async Task Unconsumed_stream_of_a_peer_that_ignores_the_limit_is_ended_and_its_neighbour_continues()
    {
        await using var server = new AccountedServer(limits =>
        {
            limits.StreamWindow = 256 * Kilobyte;
            limits.MaxMessageSize = 64 * Kilobyte;
            limits.MaxPendingCallBytes = 50 * Kilobyte;
        });
        await using RawClient client = await server.ConnectAsync();
        ulong first = await client.CallAsync(IKeeper.Take, RawClient.Number(1), FrameFlags.None);
        ulong second = await client.CallAsync(IKeeper.Take, RawClient.Number(1), FrameFlags.None);
        ulong third = await client.CallAsync(IKeeper.Take, RawClient.Number(1000), FrameFlags.None);

        // One item of each of the first two streams is consumed. Four times the limit, one message and 64 KiB a stream are 456 KiB.
        await FillAsync(client, first, server.Keeper);
        await FillAsync(client, second, server.Keeper);
        ReceivedFrame ended = await NextReplyAsync(client);
        long accounted = client.Memory.AccountedCallBytes;
        for (int i = 0; i < 50; i++)
        {
            await client.Peer.SendFrameAsync(FrameType.Item, FrameFlags.None, third, RawClient.Bytes(100));
        }

        await client.Peer.SendFrameAsync(FrameType.End, FrameFlags.None, third);
        ReceivedFrame reply = await NextReplyAsync(client);

        ended.Stream.ShouldBe(second);
        TunnelException error = FailureBody.Read(ended.Body);
        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldStartWith(
            "The stream was ended, as more items arrived and the application had not consumed the earlier ones: ");
        accounted.ShouldBeLessThan((200 + 64 + (3 * 64) + 16) * Kilobyte);
        (reply.Stream, reply.Body[^1]).ShouldBe((third, (byte)50));
        client.Session.Peer.Multiplexer.OpenStreamCount.ShouldBe(1, "the first waits for whoever takes its elements");
        await client.DisposeAsync();
        await server.ShouldHaveReleasedMemoryAsync();
    }

    [Fact]
    public async Task Broadcast_uses_little_memory_for_a_client_that_does_not_read_and_reaches_the_others()
    {
        const int Messages = 300;
        await using var server = new AccountedServer(limits => limits.MaxPendingCallBytes = 256 * Kilobyte);
        await using RawClient slow = await server.ConnectAsync();
        await using RawClient fast = await server.ConnectAsync();
        Task<int> heard = CountAsync(fast, Messages);

        // As an application that notifies all clients and waits for none.
        Task[] slowly = new Task[Messages];
        for (int i = 0; i < Messages; i++)
        {
            slowly[i] = server.Clients.Session(slow.Id).TellAsync(new byte[20 * Kilobyte]).AsTask();
            await server.Clients.Session(fast.Id).TellAsync(new byte[20 * Kilobyte]).DefaultTimeout();
        }

        (await heard.DefaultTimeout()).ShouldBe(Messages);
        slow.Memory.AccountedBytes.ShouldBeLessThan(3 << 20);
        slowly.Count(call => !call.IsCompleted).ShouldBeGreaterThan(Messages / 2, "they wait");
        slowly.ShouldAllBe(call => !call.IsFaulted);
        await slow.DisposeAsync();
        await fast.DisposeAsync();
        await Xunit.Record.ExceptionAsync(() => Task.WhenAll(slowly).DefaultTimeout());
        slowly.ShouldAllBe(call => call.IsCompletedSuccessfully || call.IsFaulted);
        await server.ShouldHaveReleasedMemoryAsync(byCallers: true);
    }

    /// <summary>Sends items to a stream, of which only the first is consumed, and before the others are sent.</summary>
    private static async Task FillAsync(RawClient client, ulong stream, Keeper keeper)
    {
        await client.Peer.SendFrameAsync(FrameType.Item, FrameFlags.None, stream, RawClient.Bytes(8 * Kilobyte));
        await keeper.KeptAsync().DefaultTimeout();
        for (int i = 1; i < 32; i++)
        {
            await client.Peer.SendFrameAsync(FrameType.Item, FrameFlags.None, stream, RawClient.Bytes(8 * Kilobyte));
        }
    }

    private static async Task<ReceivedFrame> NextReplyAsync(RawClient client)
    {
        while (true)
        {
            ReceivedFrame frame = await client.Peer.ReadFrameAsync();
            if (frame.Type == FrameType.Reply)
            {
                return frame;
            }
        }
    }

    /// <summary>Reads this many one-way calls, and acknowledges them.</summary>
    private static async Task<int> CountAsync(RawClient client, int calls)
    {
        ulong received = 0;
        int count = 0;
        var frames = new FrameRecorder();
        var parser = new FrameParser(frames);
        while (count < calls)
        {
            byte[] data = await client.Peer.ReadRecordAsync(RecordType.Data);
            received += (ulong)data.Length;
            parser.Parse(data);
            while (frames.Frames.TryDequeue(out ReceivedFrame? frame))
            {
                count += frame.Type == FrameType.Call ? 1 : 0;
            }

            await client.Peer.SendNumberAsync(RecordType.Ack, received);
        }

        return count;
    }
}
