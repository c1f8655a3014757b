using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

public sealed class InboundCallTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_the_session_cancels_what_runs_and_waits_for_it(bool oneWay)
    {
        var service = new ProbeService();
        PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, oneWay ? IProbe.WaitOneWay : IProbe.Wait, oneWay ? FrameFlags.End | FrameFlags.OneWay : FrameFlags.End);
        await service.Started.DefaultTimeout();

        await rig.DisposeAsync();

        service.Ended.IsCompleted.ShouldBeTrue();
        rig.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_call_that_cannot_be_decompressed_is_answered_and_a_one_way_one_is_logged()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), compression: TunnelCompression.Brotli);

        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.OneWay | FrameFlags.Compressed, 1, 60, 1, 2, 3);
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Compressed, 3, 60, 1, 2, 3);

        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        (reply.Type, reply.Stream).ShouldBe((FrameType.Reply, 3ul));
        TunnelException failure = FailureBody.Read(reply.Body);
        failure.Status.ShouldBe(TunnelStatus.DataLoss);
        failure.Message.ShouldStartWith("Expected one complete Brotli stream of 60 bytes uncompressed, got 3 bytes that are corrupt");
        rig.Log.ShouldHaveSingleItem().ShouldContain("Expected one complete Brotli stream");
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Calls_that_are_given_up_before_they_begin_do_not_run_and_take_nobodys_room()
    {
        const ulong Last = 9;
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxConcurrentCalls = 1);
        byte[] body = [(byte)(IProbe.Wait.Id >> 24), (byte)(IProbe.Wait.Id >> 16), (byte)(IProbe.Wait.Id >> 8), (byte)IProbe.Wait.Id, 0xC0];
        var frames = new List<byte>();
        for (ulong stream = 1; stream < Last; stream += 2)
        {
            frames.AddRange(Wire.Frame(FrameType.Call, FrameFlags.End, stream, body));
            frames.AddRange(Wire.Frame(FrameType.Cancel, FrameFlags.None, stream, (byte)TunnelStatus.Cancelled));
        }

        frames.AddRange(Wire.Frame(FrameType.Call, FrameFlags.End, Last, body));

        // Read at once: no thread comes in between.
        await rig.Client.SendAsync(RecordType.Data, [.. frames]);
        await service.Started.DefaultTimeout();
        service.Gate.SetResult();

        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        (reply.Type, reply.Stream, reply.Body[0]).ShouldBe((FrameType.Reply, Last, (byte)TunnelStatus.Ok));
        service.Running.ShouldBe(1);
    }

    [Fact]
    public async Task A_one_way_call_is_not_answered()
    {
        var service = new ProbeService();
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service);

        await rig.CallAsync(1, IProbe.WaitOneWay, FrameFlags.End | FrameFlags.OneWay);
        await rig.CallAsync(3, IProbe.Wait, FrameFlags.End | FrameFlags.OneWay);
        await rig.CallAsync(5, IProbe.Wait);

        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        (reply.Type, reply.Stream).ShouldBe((FrameType.Reply, 5ul));
        rig.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_cancelled_while_it_waits_for_credit_and_for_its_next_element_ends_in_order()
    {
        // The peer gives no credit, so the second element waits for it while the third is under way.
        var service = new ProbeService { ItemSize = 2000 };
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.StreamWindow = 1024);
        await rig.CallAsync(1, IProbe.Stream);
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Item);
        service.FirstItemGate.SetResult();
        await service.Started.DefaultTimeout();

        await rig.Client.SendFrameAsync(FrameType.Cancel, FrameFlags.None, 1, (byte)TunnelStatus.Cancelled);
        await rig.Client.SendNumberAsync(RecordType.Ping, 1);
        await rig.Client.ReadRecordAsync(RecordType.Pong);
        service.Gate.SetResult();

        await service.Ended.DefaultTimeout();
        await rig.Client.DisposeAsync();
        await rig.Peer.Completion.DefaultTimeout();
        rig.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_that_loses_its_session_while_it_waits_for_credit_and_for_its_next_element_ends_in_order()
    {
        // Several times: the defect that this is about showed when the sender woke before the element came.
        for (int i = 0; i < 20; i++)
        {
            var service = new ProbeService { ItemSize = 2000 };
            await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.StreamWindow = 1024);
            await rig.CallAsync(1, IProbe.Stream);
            (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Item);
            service.FirstItemGate.SetResult();
            await service.Started.DefaultTimeout();

            await rig.Client.DisposeAsync();
            await rig.Peer.SessionCompletion.DefaultTimeout();
            for (int turn = 0; turn < 500 && !rig.Peer.Completion.IsCompleted; turn++)
            {
                await Task.Yield();
            }

            rig.Peer.Completion.IsCompleted.ShouldBeFalse("an element is still under way");
            service.Gate.SetResult();

            await service.Ended.DefaultTimeout();
            await rig.Peer.Completion.DefaultTimeout();
            rig.Log.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Calls_opened_and_cancelled_are_refused_past_twice_the_limit_while_their_work_goes_on()
    {
        var service = new ProbeService { IgnoresCancellation = true };
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxConcurrentCalls = 5);

        for (int call = 1; call <= 10; call++)
        {
            // One that has not begun would not run any more.
            ulong stream = (2 * (ulong)call) - 1;
            await rig.CallAsync(stream, IProbe.Wait);
            await Eventually.TrueAsync(() => service.Running == call);
            await rig.Client.SendFrameAsync(FrameType.Cancel, FrameFlags.None, stream, (byte)TunnelStatus.Cancelled);
        }

        await rig.CallAsync(21, IProbe.Wait);

        ReceivedFrame refusal = await rig.Client.ReadFrameAsync();
        refusal.Stream.ShouldBe(21ul);
        FailureBody.Read(refusal.Body).Message.ShouldContain("limit MaxConcurrentCalls");
        service.Running.ShouldBeLessThanOrEqualTo(10);
        service.Gate.SetResult();
    }

    public static TheoryData<Exception> UnusualFailures =>
    [
        new TunnelException(TunnelStatus.NotFound, new string('\u20AC', 100_000)),
        new TunnelException(TunnelStatus.NotFound, "\uD800") { Detail = new TunnelFaultDetail("\uD800", new byte[10]) },
        new TunnelException(TunnelStatus.NotFound, "m") { Detail = new TunnelFaultDetail("T", new byte[1_000_000]) },
        new UnspeakableException(),
    ];

    [Theory]
    [MemberData(nameof(UnusualFailures))]
    public async Task A_failure_of_any_content_fails_its_call_and_nothing_else(Exception failure)
    {
        var service = new ProbeService { Failure = failure };
        service.Gate.SetResult();
        PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxMessageSize = 1024);

        await rig.CallAsync(1, IProbe.Wait);
        await rig.CallAsync(3, IProbe.Wait);

        foreach (ulong stream in new ulong[] { 1, 3 })
        {
            ReceivedFrame reply = await rig.Client.ReadFrameAsync();
            reply.Type.ShouldBe(FrameType.Reply);
            reply.Body.Length.ShouldBeLessThanOrEqualTo(1024);
            FailureBody.Read(reply.Body).InnerException.ShouldBeNull("it could be read");
        }

        await rig.DisposeAsync();
    }

    [Fact]
    public async Task A_failure_behind_a_stream_is_one_frame_whatever_its_detail()
    {
        var service = new ProbeService
        {
            Failure = new TunnelException(TunnelStatus.NotFound, "It is gone.") { Detail = new TunnelFaultDetail("T", new byte[100_000]) },
        };
        service.FirstItemGate.SetResult();
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service);

        await rig.CallAsync(1, IProbe.Stream);

        ReceivedFrame frame = await rig.Client.ReadFrameAsync();
        while (frame.Type == FrameType.Item)
        {
            frame = await rig.Client.ReadFrameAsync();
        }

        frame.Type.ShouldBe(FrameType.End);
        TunnelException failure = FailureBody.Read(frame.Body);
        failure.Status.ShouldBe(TunnelStatus.NotFound);
        failure.Message.ShouldStartWith("It is gone.");
        failure.Detail.ShouldBeNull();
    }

    [Fact]
    public async Task A_reply_that_is_half_sent_is_not_followed_by_another_answer()
    {
        var service = new ProbeService { Failure = new TunnelException(TunnelStatus.NotFound, "It is gone.") { Detail = new TunnelFaultDetail("T", new byte[100_000]) } };
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxUnacknowledgedBytes = 16 << 10);
        byte[] body = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(body, IProbe.Wait.Id);

        // Metadata with a deadline of 100 ms, then no arguments. Nothing is acknowledged, so the answer stops behind its first piece.
        new byte[] { 0x81, 1, 100, 0xC0 }.CopyTo(body, 4);
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 1, body);
        ReceivedFrame first = await rig.Client.ReadFrameAsync();
        first.Type.ShouldBe(FrameType.Fragment);

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.Client.SendNumberAsync(RecordType.Ping, 77);
        await rig.Client.ReadRecordAsync(RecordType.Pong);

        rig.Peer.Multiplexer.OpenStreamCount.ShouldBe(1, "the answer goes on");
        rig.Peer.Multiplexer.QueuedMessageCount.ShouldBe(1);
    }

    [Fact]
    public async Task Elements_that_are_ready_travel_together_no_further_than_the_peer_takes()
    {
        var service = new ProbeService { ItemSize = 400 };
        service.FirstItemGate.SetResult();
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxMessageSize = 1024);

        await rig.CallAsync(1, IProbe.Stream);

        ReceivedFrame first = await rig.Client.ReadFrameAsync();
        ReceivedFrame second = await rig.Client.ReadFrameAsync();
        (first.Type, second.Type).ShouldBe((FrameType.Item, FrameType.Item));
        (first.Body.Length, second.Body.Length).ShouldBe((2 * 403, 403));
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.End);
    }

    [Fact]
    public async Task Arguments_that_cannot_be_decoded_fail_their_call_and_nothing_else()
    {
        var service = new ProbeService();
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        byte[] body = new byte[5];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(body, IProbe.Wait.Id);
        body[4] = 0xC1;

        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End, 1, body);
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End, 3, 1, 2);
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End, 5, 1, 2, 3, 4);
        await rig.CallAsync(7, IProbe.Wait);

        TunnelException[] failures = [.. new[] { await rig.Client.ReadFrameAsync(), await rig.Client.ReadFrameAsync(), await rig.Client.ReadFrameAsync() }.Select(f => FailureBody.Read(f.Body))];
        failures[0].Status.ShouldBe(TunnelStatus.InvalidArgument);
        failures[0].Message.ShouldStartWith("The arguments of Probe/Wait could not be decoded");
        failures[1].Message.ShouldBe("Expected a call with a method number of 4 bytes, got 2 bytes.");
        failures[2].Status.ShouldBe(TunnelStatus.Unimplemented);
        failures[2].Message.ShouldContain("serves no method with the number 0x01020304. It serves Probe");
        (await rig.Client.ReadFrameAsync()).Body[0].ShouldBe((byte)TunnelStatus.Ok);
    }

    private sealed class UnspeakableException() : TunnelException("unused")
    {
        public override string Message => throw new InvalidOperationException("An exception that cannot say what it is.");
    }
}
