using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>
/// A hostile or defective peer exceeds windows and limits: of messages, partially received messages, calls and control frames. The test
/// plays the client, so the odd stream ids are its own.
/// </summary>
public sealed class MultiplexerLimitAttackTests
{
    private const int Window = 4096;

    [Fact]
    public async Task Items_beyond_the_window_end_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        RecordingStream stream = await rig.CallAsync(1, new RecordingStream(receiveWindow: Window));
        await rig.SendAsync(FrameType.Item, 1, new byte[Window]);
        (await stream.NextAsync()).ShouldBe($"items {Window}");

        await rig.SendAsync(FrameType.Item, 1, 0xC0);

        (await rig.ShouldEndAsync()).ShouldBe(
            $"Expected no items on a stream whose window of {Window} bytes is used up (limit StreamWindow), got 1 bytes.");
    }

    [Fact]
    public async Task Blocked_with_a_body_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1, new RecordingStream(receiveWindow: Window));

        await rig.SendAsync(FrameType.Blocked, 1, 0);

        (await rig.ShouldEndAsync()).ShouldBe("Expected BLOCKED without a body, got 1 bytes.");
    }

    [Fact]
    public async Task Blocked_on_a_stream_without_items_of_the_peer_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1, new RecordingStream());

        await rig.SendAsync(FrameType.Blocked, 1);

        (await rig.ShouldEndAsync()).ShouldBe("Expected no BLOCKED on stream 1, on which the peer sends no items, got one.");
    }

    [Fact]
    public async Task Blocked_on_a_stream_that_was_never_opened_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync(FrameType.Blocked, 1);

        (await rig.ShouldEndAsync()).ShouldBe("Expected Blocked on a stream that was opened, got it on 1.");
    }

    [Fact]
    public async Task Fragments_of_items_beyond_the_window_end_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        RecordingStream stream = await rig.CallAsync(1, new RecordingStream(receiveWindow: Window));
        await rig.SendAsync(FrameType.Fragment, 1, new byte[Window]);
        await rig.SendAsync(FrameType.Item, 1, new byte[10]);
        (await stream.NextAsync()).ShouldBe($"items {Window + 10}");

        await rig.SendAsync(FrameType.Fragment, 1, 0xC0);

        (await rig.ShouldEndAsync()).ShouldContain("limit StreamWindow");
    }

    [Fact]
    public async Task Fragments_above_the_message_limit_end_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxMessageSize = 100_000);

        await rig.SendAsync(FrameType.Fragment, 1, new byte[50_000]);
        await rig.SendAsync(FrameType.Fragment, 1, new byte[50_000]);
        await rig.SendAsync(FrameType.Fragment, 1, 1);

        (await rig.ShouldEndAsync()).ShouldBe("Expected a message of at most 100000 bytes (limit MaxMessageSize), got more on stream 1.");
    }

    [Fact]
    public async Task Last_frame_above_the_message_limit_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxMessageSize = 100_000);

        await rig.SendAsync(FrameType.Fragment, 1, new byte[50_000]);
        await rig.SendAsync(FrameType.Fragment, 1, new byte[50_000]);
        await rig.SendAsync(FrameType.Call, 1, 1);

        (await rig.ShouldEndAsync()).ShouldBe("Expected a message of at most 100000 bytes (limit MaxMessageSize), got more on stream 1.");
    }

    [Fact]
    public async Task Too_many_partially_received_calls_end_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 3);

        for (ulong stream = 1; stream <= 2049; stream += 2)
        {
            await rig.SendAsync(FrameType.Fragment, stream, 1);
        }

        (await rig.ShouldEndAsync()).ShouldBe(
            "Expected at most 1024 partially received calls at once (by the limit MaxConcurrentCalls, nested calls included), "
            + "got one more.");
    }

    [Fact]
    public async Task Too_many_bytes_of_partially_received_messages_end_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits =>
        {
            limits.MaxPartialMessageBytes = 100_000;
            limits.MaxMessageSize = 70_000;
        });

        for (ulong stream = 1; stream <= 9; stream += 2)
        {
            await rig.SendAsync(FrameType.Fragment, stream, new byte[54_000]);
        }

        await rig.ShouldBeAliveAsync();
        await rig.SendAsync(FrameType.Fragment, 11, 1);

        (await rig.ShouldEndAsync()).ShouldBe(
            "Expected at most 270000 bytes of partially received messages (twice the limit MaxPartialMessageBytes and one message of the "
            + "limit MaxMessageSize), got more.");
    }

    [Fact]
    public void Many_tiny_partially_received_messages_use_little_memory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var partials = new List<PartialMessage>();
        for (int i = 0; i < 4096; i++)
        {
            var partial = new PartialMessage(isCall: true, new MemoryAccount());
            partial.Append([1]);
            partials.Add(partial);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        partials.ForEach(partial => partial.Dispose());

        allocated.ShouldBeLessThan(4 << 20);
    }

    [Fact]
    public void Expected_message_size_is_that_of_the_last_message_up_to_the_window()
    {
        var window =
            new ReceiveWindow(100_000, 100_000, new MemoryAccount(), new ConsumedItems(long.MaxValue, _ => { }))
            {
                LastMessageSize = 70_000,
            };
        var memory = new MemoryAccount();
        var partials = new MessageReassembler(new TunnelLimits(), _ => true, memory);
        partials.Append(1, new byte[16_384], isCall: false, window.LastMessageSize);
        long first = memory.AccountedBytes;

        partials.Append(1, new byte[50_000], isCall: false, window.LastMessageSize);
        long whole = memory.AccountedBytes;

        // Further partial messages get memory for the received bytes only, which is one byte each.
        for (ulong stream = 3; stream < 203; stream += 2)
        {
            partials.Append(stream, [1], isCall: false, window.LastMessageSize);
        }

        (first, whole).ShouldBe((131_072, 131_072));
        memory.AccountedBytes.ShouldBeLessThan(whole + (100 * 64));
        partials.Release();
        memory.AccountedBytes.ShouldBe(0);
        window.LastMessageSize = int.MaxValue;
        window.LastMessageSize.ShouldBe(100_000);
    }

    [Fact]
    public async Task Calls_above_the_concurrency_limit_are_refused_with_the_name_of_the_limit()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 2);
        await rig.CallAsync(1);
        await rig.CallAsync(3);

        await rig.SendAsync(FrameType.Call, 5, 1, 2, 3, 4);

        ReceivedFrame refusal = await rig.Peer.ReadFrameAsync();
        (refusal.Type, refusal.Stream).ShouldBe((FrameType.Reply, 5ul));
        TunnelException error = FailureBody.Read(refusal.Body);
        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("limit MaxConcurrentCalls");
        rig.Acceptor.Streams[3].IncomingPermit.Dispose();
        await rig.CallAsync(7);
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Cancelled_calls_count_while_their_work_runs()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 10);

        // The acceptor never releases the permits.
        for (ulong stream = 1; stream < 200; stream += 2)
        {
            await rig.SendAsync(FrameType.Call, stream, 1, 2, 3, 4);
            await rig.SendAsync(FrameType.Cancel, stream, 1);
        }

        ReceivedFrame refusal = await rig.Peer.ReadFrameAsync();
        refusal.Stream.ShouldBe(21ul);
        FailureBody.Read(refusal.Body).Message.ShouldContain("Cancelled calls whose work still runs count, too, if there are more");
        await rig.ShouldBeAliveAsync();
        rig.Acceptor.Streams.Count.ShouldBe(10);
        rig.Multiplexer.IncomingCalls.Count.ShouldBe(10);
    }

    [Fact]
    public async Task Refusals_of_all_calls_with_long_texts_do_not_end_the_session()
    {
        // The peer acknowledges nothing, as on a path that is stuck in one direction.
        const int Calls = 4096;
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        string text = "The peer serves no such method. " + new string('x', 8000);

        for (int i = 0; i < Calls; i++)
        {
            rig.Multiplexer.Refuse((ulong)(2 * i) + 1, TunnelStatus.Unimplemented, text);
        }

        List<string> texts = [];
        for (int i = 0; i < Calls; i++)
        {
            ReceivedFrame refusal = await rig.Peer.ReadFrameAsync();
            refusal.Stream.ShouldBe((ulong)(2 * i) + 1);
            texts.Add(FailureBody.Read(refusal.Body).Message);
        }

        rig.Session.Completion.IsCompleted.ShouldBeFalse();
        texts[0].ShouldBe(text);
        texts.ShouldAllBe(received => text.StartsWith(received, StringComparison.Ordinal) && received.Length > 40);
    }

    [Fact]
    public async Task Refusals_that_the_peer_does_not_acknowledge_end_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits =>
        {
            limits.MaxConcurrentCalls = 1;
            limits.MaxUnacknowledgedBytes = 4096;
            limits.MaxControlBacklog = 4096;
        });
        Task draining = rig.Peer.DrainAsync();

        for (ulong stream = 1; stream < 2000 && !rig.Session.Completion.IsCompleted; stream += 2)
        {
            try
            {
                await rig.SendAsync(FrameType.Call, stream, 1, 2, 3, 4);
            }
            catch (Transports.TransportException)
            {
                break;
            }
        }

        await rig.Session.Completion.DefaultTimeout();
        await draining;
        (await rig.Acceptor.Streams[1].NextAsync()).ShouldBe("failed ResourceExhausted");
    }
}
