using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>Calls that a peer serves. <see cref="IncomingCallStateTests"/> has the transition table.</summary>
public sealed class IncomingCallTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task End_of_the_session_cancels_running_calls_and_waits_for_them(bool oneWay)
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
    public async Task Call_that_cannot_be_decompressed_is_refused_and_a_one_way_call_is_logged()
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
    public async Task Calls_that_are_cancelled_before_they_start_do_not_run_and_hold_no_permit()
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

        // One record: the reader processes all frames before it runs the queued work.
        await rig.Client.SendAsync(RecordType.Data, [.. frames]);
        await service.Started.DefaultTimeout();
        service.Gate.SetResult();

        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        (reply.Type, reply.Stream, reply.Body[0]).ShouldBe((FrameType.Reply, Last, (byte)TunnelStatus.Ok));
        service.Running.ShouldBe(1);
    }

    [Fact]
    public async Task One_way_call_gets_no_reply()
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
    public async Task Stream_that_is_cancelled_while_it_waits_for_credit_and_its_next_item_ends_after_that_item()
    {
        // The peer sends no credit, so the second item waits for it while the application produces the third.
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
    public async Task Stream_of_an_ended_session_that_waits_for_credit_and_its_next_item_ends_after_that_item()
    {
        // Repeated, because the defect that this test covers depended on a race: the sender woke before the item was produced.
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
            for (int yields = 0; yields < 500 && !rig.Peer.Completion.IsCompleted; yields++)
            {
                await Task.Yield();
            }

            rig.Peer.Completion.IsCompleted.ShouldBeFalse("the application still produces an item");
            service.Gate.SetResult();

            await service.Ended.DefaultTimeout();
            await rig.Peer.Completion.DefaultTimeout();
            rig.Log.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Wait_of_a_reply_that_fails_with_the_session_is_no_failure_of_the_service()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        await rig.Client.DisposeAsync();
        await rig.Peer.SessionCompletion.DefaultTimeout();
        TunnelException lost = await Should.ThrowAsync<TunnelException>(
            () => rig.Peer.Multiplexer.AdmitLargeMessageAsync(1 << 20, default).AsTask());

        // The waits fail before the cancellation of the call is requested.
        (TunnelStatus status, _, _) = rig.Peer.DescribeFailure(IProbe.Stream, lost, isCancelled: false);

        status.ShouldBe(TunnelStatus.Unavailable);
        rig.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task Calls_opened_and_cancelled_are_refused_above_twice_the_limit_while_their_work_runs()
    {
        var service = new ProbeService { IgnoresCancellation = true };
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxConcurrentCalls = 5);

        for (int call = 1; call <= 10; call++)
        {
            // A call that is cancelled before it starts would not run.
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
        new ThrowingMessageException(),
    ];

    [Theory]
    [MemberData(nameof(UnusualFailures))]
    public async Task Failure_with_unusual_content_fails_only_its_call(Exception failure)
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
            FailureBody.Read(reply.Body).InnerException.ShouldBeNull("the failure could be decoded");
        }

        await rig.DisposeAsync();
    }

    [Fact]
    public async Task Failure_after_a_stream_is_one_frame_without_a_large_detail()
    {
        var service = new ProbeService
        {
            Failure = new TunnelException(TunnelStatus.NotFound, "Not found.") { Detail = new TunnelFaultDetail("T", new byte[100_000]) },
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
        failure.Message.ShouldStartWith("Not found.");
        failure.Detail.ShouldBeNull();
    }

    [Fact]
    public async Task Reply_that_was_sent_in_part_is_not_followed_by_a_failure()
    {
        var service = new ProbeService
        {
            Failure = new TunnelException(TunnelStatus.NotFound, "Not found.") { Detail = new TunnelFaultDetail("T", new byte[100_000]) },
        };
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxUnacknowledgedBytes = 16 << 10);

        // Nothing is acknowledged, so the reply stops after its first fragment.
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 1, BodyWithTimeout(100));
        ReceivedFrame first = await rig.Client.ReadFrameAsync();
        first.Type.ShouldBe(FrameType.Fragment);

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.Client.SendNumberAsync(RecordType.Ping, 77);
        await rig.Client.ReadRecordAsync(RecordType.Pong);

        rig.Peer.Multiplexer.OpenStreamCount.ShouldBe(1, "the reply is still being sent");
        rig.Peer.Multiplexer.QueuedMessageCount.ShouldBe(1);
    }

    [Fact]
    public async Task Call_that_failed_at_its_deadline_sends_no_reply_in_fragments_later()
    {
        var service = new ProbeService
        {
            IgnoresCancellation = true,
            Failure = new TunnelException(TunnelStatus.NotFound, "Not found.") { Detail = new TunnelFaultDetail("T", new byte[100_000]) },
        };
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 1, BodyWithTimeout(100));
        await service.Started.DefaultTimeout();

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        service.Gate.SetResult();
        await Eventually.TrueAsync(() => !rig.Peer.IsBusy);
        await rig.CallAsync(3, IProbe.Open);

        (reply.Type, reply.Stream, reply.Body[0]).ShouldBe((FrameType.Reply, 1ul, (byte)TunnelStatus.DeadlineExceeded));
        (await rig.Client.ReadFrameAsync()).Stream.ShouldBe(3ul, "nothing of the call that failed follows");
    }

    [Fact]
    public async Task Call_past_its_deadline_does_not_count_against_the_limit_and_its_end_removes_the_allowance_once()
    {
        var service = new ProbeService { IgnoresCancellation = true };
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxConcurrentCalls = 1);
        for (int call = 0; call < 2; call++)
        {
            // The deadline abandons the call, and CANCEL arrives after it.
            ulong stream = (2 * (ulong)call) + 1;
            await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, stream, BodyWithTimeout(100));
            await Eventually.TrueAsync(() => service.Running == call + 1);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            (await rig.Client.ReadFrameAsync()).Body[0].ShouldBe((byte)TunnelStatus.DeadlineExceeded);
            await rig.Client.SendFrameAsync(FrameType.Cancel, FrameFlags.None, stream, (byte)TunnelStatus.Cancelled);
        }

        // The running count falls before the allowance of the call is removed, so it does not say that the call has ended.
        service.Gate.SetResult();
        await Eventually.TrueAsync(() => !rig.Peer.IsBusy);
        IncomingCallLimiter limiter = rig.Peer.Multiplexer.IncomingCalls;
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out IncomingCallLimiter.Permit permit, out _).ShouldBeTrue();
        limiter.TryAcquire(mayBeNested: false, isOneWay: false, out _, out _).ShouldBeFalse("no allowance remains");
        permit.Dispose();
    }

    [Fact]
    public async Task Ready_items_are_batched_up_to_the_message_limit_of_the_peer()
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
    public async Task Arguments_that_cannot_be_decoded_fail_only_their_call()
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

        var failures = new TunnelException[3];
        for (int i = 0; i < failures.Length; i++)
        {
            failures[i] = FailureBody.Read((await rig.Client.ReadFrameAsync()).Body);
        }

        failures[0].Status.ShouldBe(TunnelStatus.InvalidArgument);
        failures[0].Message.ShouldStartWith("The arguments of Probe/Wait could not be decoded");
        failures[1].Message.ShouldBe("Expected a call with a method id of 4 bytes, got 2 bytes.");
        failures[2].Status.ShouldBe(TunnelStatus.Unimplemented);
        failures[2].Message.ShouldContain("serves no method with the id 0x01020304. Register the service there with AddService");
        (await rig.Client.ReadFrameAsync()).Body[0].ShouldBe((byte)TunnelStatus.Ok);
    }

    /// <summary>The body of a call of Wait with a timeout of at most 127 ms, without arguments.</summary>
    private static byte[] BodyWithTimeout(byte milliseconds)
    {
        byte[] body = new byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(body, IProbe.Wait.Id);
        new byte[] { 0x81, 1, milliseconds, 0xC0 }.CopyTo(body, 4);
        return body;
    }

    private sealed class ThrowingMessageException() : TunnelException("unused")
    {
        public override string Message => throw new InvalidOperationException("The message of this exception throws.");
    }
}
