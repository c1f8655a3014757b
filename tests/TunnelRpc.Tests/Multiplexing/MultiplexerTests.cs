using System.Security.Cryptography;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>The multiplexer with a peer that follows the protocol.</summary>
public sealed class MultiplexerTests
{
    [Fact]
    public async Task Late_frames_of_an_ended_incoming_call_are_dropped()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        RecordingStream stream = await rig.CallAsync(1, new RecordingStream(receiveWindow: 4096, sendWindow: 4096));
        (await rig.Multiplexer.Sender.CompleteCallAsync(stream, null, FrameType.Reply, FrameFlags.None, new byte[1], default))
            .ShouldBeTrue();

        await rig.SendAsync(FrameType.Item, 1, 0xC0);
        await rig.SendAsync(FrameType.Fragment, 1, new byte[5000]);
        await rig.SendAsync(FrameType.Fragment, 1, new byte[5000]);
        await rig.SendAsync(FrameType.Item, 1, 0xC0);
        await rig.SendAsync(FrameType.Credit, 1, 5);
        await rig.SendAsync(FrameType.End, 1);
        await rig.SendAsync(FrameType.Cancel, 1, 1);

        await rig.ShouldBeAliveAsync();
        stream.HasEvent.ShouldBeFalse();
    }

    [Fact]
    public async Task Late_frames_of_an_ended_outgoing_call_are_dropped()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        var stream = new RecordingStream(receiveWindow: 4096, sendWindow: 4096);
        await rig.OpenAsync(stream, FrameFlags.None, new byte[4], default);
        rig.Multiplexer.TryCancel(stream, TunnelStatus.Cancelled).ShouldBeTrue();

        await rig.SendAsync(FrameType.Item, 2, 0xC0);
        await rig.SendAsync(FrameType.Fragment, 2, new byte[5000]);
        await rig.SendAsync(FrameType.Credit, 2, 5);
        await rig.SendAsync(FrameType.Reply, 2, 0);
        await rig.SendAsync(FrameType.End, 2);

        await rig.ShouldBeAliveAsync();
        stream.HasEvent.ShouldBeFalse();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(17_000)]
    public async Task One_way_calls_keep_their_permits_until_the_peer_reports_their_end(int size)
    {
        // The peer does not read: all messages must fit into the buffers of the link.
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 2);
        FrameFlags oneWay = FrameFlags.End | FrameFlags.OneWay;
        for (int i = 0; i < 2; i++)
        {
            await rig.OpenAsync(new RecordingStream(), oneWay, new byte[size], default).AsTask().DefaultTimeout();
        }

        Task third = rig.OpenAsync(new RecordingStream(), oneWay, new byte[size], default).AsTask();
        rig.Multiplexer.TryOpen(new RecordingStream(), oneWay, [1, 2, 3, 4]).ShouldBeFalse();
        third.IsCompleted.ShouldBeFalse();
        await rig.SendAsync(FrameType.Credit, 0, 2, 0, 0);
        await third.DefaultTimeout();

        rig.Multiplexer.TryOpen(new RecordingStream(), oneWay, [1, 2, 3, 4]).ShouldBeTrue();
        rig.Multiplexer.TryOpen(new RecordingStream(), oneWay, [1, 2, 3, 4]).ShouldBeFalse();
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Ended_one_way_calls_are_reported_a_quarter_of_the_limit_at_a_time()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 8);
        for (ulong stream = 1; stream <= 9; stream += 2)
        {
            await rig.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.OneWay, stream, [1, 2, 3, 4]);
            await rig.Acceptor.NextAsync();
            rig.Acceptor.Streams[stream].IncomingPermit.Dispose();
        }

        for (int i = 0; i < 2; i++)
        {
            ReceivedFrame report = await rig.Peer.ReadFrameAsync();
            (report.Type, report.Stream, report.Body[0]).ShouldBe((FrameType.Credit, 0ul, (byte)2));
        }

        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Partially_sent_one_way_call_releases_its_permit_when_it_is_cancelled()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits =>
        {
            limits.MaxConcurrentCalls = 1;
            limits.MaxUnacknowledgedBytes = 65_536;
        });
        using var cancellation = new CancellationTokenSource();

        // More than MaxUnacknowledgedBytes: the call waits after a part of its fragments.
        Task opening = rig.OpenAsync(new RecordingStream(), FrameFlags.End | FrameFlags.OneWay, new byte[1_000_000], cancellation.Token)
            .AsTask();
        opening.IsCompleted.ShouldBeFalse();
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => opening.DefaultTimeout());
        rig.OpenAsync(new RecordingStream(), FrameFlags.End | FrameFlags.OneWay, new byte[4], default)
            .AsTask().IsFaulted.ShouldBeFalse();
        await rig.SendAsync(FrameType.Credit, 0, 2, 0, 0);
        await rig.ShouldEndAsync();
    }

    [Fact]
    public async Task Outgoing_calls_get_ascending_stream_ids()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        for (ulong expected = 2; expected <= 10; expected += 2)
        {
            rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, [1, 2, 3, 4]).ShouldBeTrue();

            ReceivedFrame call = await rig.Peer.ReadFrameAsync();
            (call.Type, call.Flags, call.Stream).ShouldBe((FrameType.Call, FrameFlags.End, expected));
        }
    }

    [Fact]
    public async Task Reply_ends_its_call()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        var stream = new RecordingStream();
        await rig.OpenAsync(stream, FrameFlags.End, new byte[4], default);

        await rig.SendAsync(FrameType.Reply, 2, 0, 1, 2);

        (await stream.NextAsync()).ShouldBe("reply 3");
        stream.IsOpen.ShouldBeFalse();
        rig.Multiplexer.TryCancel(stream, TunnelStatus.Cancelled).ShouldBeFalse();
    }

    [Fact]
    public async Task Large_message_is_sent_in_fragments_and_reassembled()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        byte[] body = RandomNumberGenerator.GetBytes(100_000);

        Task opening = rig.OpenAsync(new RecordingStream(), FrameFlags.End, body, default).AsTask();
        var received = new List<byte>();
        ReceivedFrame frame;
        do
        {
            frame = await rig.Peer.ReadFrameAsync();
            received.AddRange(frame.Body);
            frame.Body.Length.ShouldBeLessThanOrEqualTo(Frame.MaxFragmentSize);
        }
        while (frame.Type == FrameType.Fragment);

        await opening.DefaultTimeout();
        (frame.Type, frame.Flags, frame.Stream).ShouldBe((FrameType.Call, FrameFlags.End, 2ul));
        received.ShouldBe(body);
    }

    [Fact]
    public async Task Large_call_is_reassembled_with_other_calls_in_between()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        byte[] body = RandomNumberGenerator.GetBytes(90_000);

        await rig.SendAsync(FrameType.Fragment, 1, body[..40_000]);
        await rig.SendAsync(FrameType.Call, 3, 9, 9, 9, 9);
        await rig.SendAsync(FrameType.Fragment, 1, body[40_000..80_000]);
        await rig.SendAsync(FrameType.Call, 1, body[80_000..]);

        (await rig.Acceptor.NextAsync()).Stream.ShouldBe(3ul);
        ReceivedFrame call = await rig.Acceptor.NextAsync();
        call.Stream.ShouldBe(1ul);
        call.Body.ShouldBe(body);
    }

    [Fact]
    public async Task Partially_received_call_is_discarded_when_it_is_cancelled()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 2);

        for (ulong stream = 1; stream < 100; stream += 2)
        {
            await rig.SendAsync(FrameType.Fragment, stream, new byte[100]);
            await rig.SendAsync(FrameType.Cancel, stream, 1);
        }

        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Partially_received_replies_of_cancelled_calls_are_discarded()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxPartialMessageBytes = 100_000);

        // The peer stops in the middle of each reply, as it receives CANCEL.
        for (ulong id = 2; id < 100; id += 2)
        {
            var stream = new RecordingStream();
            await rig.OpenAsync(stream, FrameFlags.End, new byte[4], default);
            await rig.SendAsync(FrameType.Fragment, id, new byte[30_000]);
            await rig.ShouldBeAliveAsync();
            rig.Multiplexer.TryCancel(stream, TunnelStatus.Cancelled).ShouldBeTrue();
        }

        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Call_above_the_limit_of_the_peer_waits_for_a_permit()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 1);
        var first = new RecordingStream();
        rig.Multiplexer.TryOpen(first, FrameFlags.End, [1, 2, 3, 4]).ShouldBeTrue();

        rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, [1, 2, 3, 4]).ShouldBeFalse();
        Task second = rig.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[4], default).AsTask();
        await rig.ShouldBeAliveAsync();
        second.IsCompleted.ShouldBeFalse();
        await rig.SendAsync(FrameType.Reply, 2, 0);

        await second.DefaultTimeout();
    }

    [Fact]
    public async Task Small_call_after_many_large_ones_follows_only_the_bytes_in_flight()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        // The peer acknowledges nothing.
        Task[] large =
        [
            .. Enumerable.Range(0, 32)
                .Select(_ => rig.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[1 << 20], default).AsTask()),
        ];
        for (long received = 0; received < InFlightLimit.MinBytes;)
        {
            ReceivedFrame frame = await rig.Peer.ReadFrameAsync();
            frame.Type.ShouldBe(FrameType.Fragment);
            received += frame.Body.Length;
        }

        var small = new RecordingStream();
        rig.Multiplexer.TryOpen(small, FrameFlags.End, [1, 2, 3, 4]).ShouldBeTrue();

        large.ShouldAllBe(opening => !opening.IsCompleted);
        small.CallEndOffset.ShouldBeLessThan(InFlightLimit.MinBytes + (Frame.MaxSize / 2));
        ReceivedFrame call = await rig.Peer.ReadFrameAsync();
        (call.Type, call.Stream).ShouldBe((FrameType.Call, small.Id));
        await rig.DisposeAsync();
        foreach (Task opening in large)
        {
            await Should.ThrowAsync<TunnelException>(opening.DefaultTimeout());
        }
    }

    [Fact]
    public async Task Large_call_cancelled_while_it_is_sent_leaves_nothing_open()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 1);
        using var cancellation = new CancellationTokenSource();

        // The peer acknowledges nothing, so the call waits at MaxUnacknowledgedBytes.
        var stream = new RecordingStream();
        Task opening = rig.OpenAsync(stream, FrameFlags.End, new byte[2 << 20], cancellation.Token).AsTask();
        (await rig.Peer.ReadFrameAsync()).Type.ShouldBe(FrameType.Fragment);
        await cancellation.CancelAsync();
        Task draining = rig.Peer.DrainAsync();
        await Should.ThrowAsync<OperationCanceledException>(opening.DefaultTimeout());

        stream.IsOpen.ShouldBeFalse();
        rig.Multiplexer.OutgoingCallCount.ShouldBe(0);
        await rig.Peer.DisposeAsync();
        await Should.ThrowAsync<Exception>(draining);
    }

    [Fact]
    public async Task End_of_the_session_ends_every_call_and_releases_its_permit()
    {
        MultiplexerRig rig = await MultiplexerRig.StartAsync();
        RecordingStream incoming = await rig.CallAsync(1);
        var outgoing = new RecordingStream(sendWindow: 1);
        await rig.OpenAsync(outgoing, FrameFlags.None, new byte[4], default);
        outgoing.SendWindow!.Consume(10);
        Task waiting = outgoing.SendWindow.WaitForCreditAsync().AsTask();

        await rig.DisposeAsync();

        (await incoming.NextAsync()).ShouldBe("failed Unavailable");
        (await outgoing.NextAsync()).ShouldBe("failed Unavailable");
        await waiting.DefaultTimeout();
        rig.Multiplexer.OutgoingCallCount.ShouldBe(0);
        ValueTask late = rig.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[4], default);
        (await Should.ThrowAsync<TunnelException>(late.DefaultTimeout())).Status.ShouldBe(TunnelStatus.Unavailable);
    }

    [Fact]
    public async Task One_way_call_on_an_ended_session_fails_and_holds_no_permit()
    {
        MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.DisposeAsync();

        TunnelException error = Should.Throw<TunnelException>(
            () => { rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.OneWay | FrameFlags.End, [1, 2, 3, 4]); });

        error.Status.ShouldBe(TunnelStatus.Unavailable);
        rig.Multiplexer.OutgoingCallCount.ShouldBe(0);
    }

    [Fact]
    public async Task Fragments_of_items_do_not_count_as_partially_received_calls()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxConcurrentCalls = 1);
        await rig.CallAsync(1, new RecordingStream(receiveWindow: 1024));

        await rig.SendAsync(FrameType.Fragment, 1, 1);
        await rig.SendAsync(FrameType.Fragment, 3, 1);
        await rig.SendAsync(FrameType.Fragment, 5, 1);

        await rig.ShouldBeAliveAsync();
    }
}
