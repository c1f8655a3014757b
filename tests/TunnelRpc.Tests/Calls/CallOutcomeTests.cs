using System.Buffers.Binary;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>The outcome of calls that failed: whether they may have run.</summary>
public sealed class CallOutcomeTests
{
    private static readonly OneWayMethod<IProbe, byte[]> Tell = new(
        "Probe", "Tell", ByteArrayFormatter.Instance, static (service, _, cancelled) => service.WaitAsync(cancelled));

    private static readonly UnaryMethod<IProbe, byte[], Unit> Take = new(
        "Probe",
        "Take",
        ByteArrayFormatter.Instance,
        UnitFormatter.Instance,
        static (service, _, cancellationToken) => Unit.From(service.WaitAsync(cancellationToken)));

    private static readonly UnaryMethod<IProbe, Unit, int> Count = new(
        "Probe", "Count", UnitFormatter.Instance, Int32Formatter.Instance, static (_, _, _) => new(1));

    [Fact]
    public async Task Disconnect_reports_unwritten_calls_as_not_sent_and_written_calls_as_unknown()
    {
        BlockableConnection blocked = null!;
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), wrap: near => blocked = new BlockableConnection(near));
        blocked.Block();
        Task written = WaitAsync(rig);
        await blocked.WriteBlocked.DefaultTimeout();
        Task[] unwritten = [WaitAsync(rig), Pull(rig), rig.Peer.Invoker.InvokeVoidAsync(Take, new byte[100_000], default).AsTask()];

        await rig.Client.DisposeAsync();

        TunnelException unknown = await ShouldFailAsync(written, TunnelStatus.Unavailable, TunnelCallOutcome.Unknown);
        unknown.Message.ShouldEndWith("The call may have run.");
        foreach (Task call in unwritten)
        {
            TunnelException notSent = await ShouldFailAsync(call, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
            notSent.Message.ShouldEndWith("The call was not sent.");
            notSent.Message.ShouldStartWith("The path to the peer was lost");
        }
    }

    [Fact]
    public async Task Call_that_was_sent_only_in_part_is_reported_as_not_sent()
    {
        // Each message is larger than MaxUnacknowledgedBytes, so it stops after a part.
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), limits => limits.MaxUnacknowledgedBytes = 65_536);
        Task half = rig.Peer.Invoker.InvokeVoidAsync(Take, new byte[1_000_000], default).AsTask();
        Task oneWay = rig.Peer.Invoker.InvokeOneWayAsync(Tell, new byte[1_000_000], default).AsTask();
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Fragment);

        await rig.Client.DisposeAsync();

        await ShouldFailAsync(half, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(oneWay, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task Calls_above_the_last_accepted_stream_of_CLOSE_are_reported_as_not_sent()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        Task accepted = WaitAsync(rig);
        Task above = WaitAsync(rig);
        Task streamAbove = Pull(rig);
        for (int i = 0; i < 3; i++)
        {
            (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Call);
        }

        await rig.Client.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Unavailable, 2, "stopping").ToPayload());

        (await ShouldFailAsync(accepted, TunnelStatus.Unavailable, TunnelCallOutcome.Unknown)).Message.ShouldContain("stopping");
        (await ShouldFailAsync(above, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent)).Message.ShouldEndWith("it has not run.");
        await ShouldFailAsync(streamAbove, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reply_whose_session_has_ended_by_the_time_it_is_read_is_still_a_reply(bool closes)
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        ValueTask<int> call = rig.Peer.Invoker.InvokeAsync(Count, default, default);
        await using IAsyncEnumerator<byte[]> items =
            rig.Peer.Invoker.InvokeServerStreamingAsync(IProbe.Stream, default, default).GetAsyncEnumerator();
        ValueTask<bool> first = items.MoveNextAsync();
        ulong callId = (await rig.Client.ReadFrameAsync()).Stream;
        ulong streamId = (await rig.Client.ReadFrameAsync()).Stream;

        await rig.Client.SendAsync(
            RecordType.Data,
            [
                .. Wire.Frame(FrameType.Reply, FrameFlags.None, callId, (byte)TunnelStatus.Ok, 7),
                .. Wire.Frame(FrameType.Item, FrameFlags.None, streamId, 0xC4, 1, 9, 0xC4, 1, 8),
                .. Wire.Frame(FrameType.End, FrameFlags.None, streamId),
            ]);
        if (closes)
        {
            await rig.Client.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 100, "stopping").ToPayload());
        }

        await rig.Client.DisposeAsync();
        await rig.Peer.SessionCompletion.DefaultTimeout();

        // Nothing has been read so far.
        (await call.DefaultTimeout()).ShouldBe(7);
        (await first.DefaultTimeout(), items.Current[0]).ShouldBe((true, (byte)9));
        (await items.MoveNextAsync().DefaultTimeout(), items.Current[0]).ShouldBe((true, (byte)8));
        (await items.MoveNextAsync().DefaultTimeout()).ShouldBeFalse();
    }

    [Fact]
    public async Task Call_that_waits_for_a_permit_is_reported_as_not_sent_for_every_end_of_the_wait()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), limits => limits.MaxConcurrentCalls = 1);
        Task running = WaitAsync(rig);
        Task waiting = WaitAsync(rig);
        var withTimeout = new TunnelCallOptions { Timeout = TimeSpan.FromMilliseconds(1) };
        Task expired = rig.Peer.Invoker.With(withTimeout).InvokeVoidAsync(IProbe.Wait, default, default).AsTask();
        Task expiredOneWay = rig.Peer.Invoker.With(withTimeout).InvokeOneWayAsync(IProbe.WaitOneWay, default, default).AsTask();

        rig.Time.Advance(TimeSpan.FromMilliseconds(1));

        TunnelException error = await ShouldFailAsync(expired, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.NotSent);
        error.Message.ShouldEndWith("It was not sent.");
        await ShouldFailAsync(expiredOneWay, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.NotSent);
        await rig.Client.DisposeAsync();
        await ShouldFailAsync(waiting, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(running, TunnelStatus.Unavailable, TunnelCallOutcome.Unknown);
    }

    [Fact]
    public async Task Call_whose_deadline_passes_after_it_was_sent_has_outcome_unknown()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        TunnelInvoker withTimeout = rig.Peer.Invoker.With(new TunnelCallOptions { Timeout = TimeSpan.FromMilliseconds(1) });
        Task call = withTimeout.InvokeVoidAsync(IProbe.Wait, default, default).AsTask();
        Task stream = PullAsync(withTimeout);
        for (int i = 0; i < 2; i++)
        {
            (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Call);
        }

        rig.Time.Advance(TimeSpan.FromMilliseconds(1));

        (await ShouldFailAsync(call, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.Unknown)).Message.ShouldEndWith("It may have run.");
        await ShouldFailAsync(stream, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.Unknown);
    }

    [Fact]
    public async Task Call_on_an_ended_session_is_reported_as_not_sent()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        await rig.Client.DisposeAsync();
        await rig.Peer.SessionCompletion.DefaultTimeout();

        await ShouldFailAsync(WaitAsync(rig), TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(Pull(rig), TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        Task oneWay = rig.Peer.Invoker.InvokeOneWayAsync(IProbe.WaitOneWay, default, default).AsTask();
        await ShouldFailAsync(oneWay, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task Call_that_the_peer_replied_to_has_outcome_completed_for_every_reply()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        Task failing = WaitAsync(rig);
        Task unreadable = rig.Peer.Invoker.InvokeAsync(Count, default, default).AsTask();
        Task empty = WaitAsync(rig);
        Task stream = Pull(rig);

        await rig.Client.SendFrameAsync(FrameType.Reply, FrameFlags.None, 2, Failure(TunnelStatus.Unavailable));
        await rig.Client.SendFrameAsync(FrameType.Reply, FrameFlags.None, 4, 0, 0xC1);
        await rig.Client.SendFrameAsync(FrameType.Reply, FrameFlags.None, 6);
        await rig.Client.SendFrameAsync(FrameType.End, FrameFlags.None, 8, Failure(TunnelStatus.NotFound));

        await ShouldFailAsync(failing, TunnelStatus.Unavailable, TunnelCallOutcome.Completed);
        await ShouldFailAsync(unreadable, TunnelStatus.Internal, TunnelCallOutcome.Completed);
        await ShouldFailAsync(empty, TunnelStatus.Internal, TunnelCallOutcome.Completed);
        await ShouldFailAsync(stream, TunnelStatus.NotFound, TunnelCallOutcome.Completed);
    }

    [Fact]
    public async Task Refused_call_is_reported_as_not_sent()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        Task call = WaitAsync(rig);
        Task stream = Pull(rig);

        await rig.Client.SendFrameAsync(FrameType.Reply, ReplyFlags.Refused, 2, Failure(TunnelStatus.ResourceExhausted));
        await rig.Client.SendFrameAsync(FrameType.Reply, ReplyFlags.Refused, 4, Failure(TunnelStatus.Unimplemented));

        await ShouldFailAsync(call, TunnelStatus.ResourceExhausted, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(stream, TunnelStatus.Unimplemented, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task Call_with_too_large_arguments_is_reported_as_not_sent()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), limits => limits.MaxMessageSize = 1024);

        Task call = rig.Peer.Invoker.InvokeVoidAsync(Take, new byte[2000], default).AsTask();

        await ShouldFailAsync(call, TunnelStatus.ResourceExhausted, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task Call_that_is_refused_before_it_runs_has_the_refused_flag_and_a_failed_one_has_not()
    {
        var service = new ProbeService { Failure = new TunnelException(TunnelStatus.Unavailable, "thrown") };
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxConcurrentCalls = 1);
        byte[] unreadable = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(unreadable, IProbe.Wait.Id);
        unreadable[4] = 0xC1;

        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End, 1, 1, 2, 3, 4);
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End, 3, unreadable);
        await rig.CallAsync(5, IProbe.Wait);
        await service.Started.DefaultTimeout();
        await rig.CallAsync(7, IProbe.Wait);

        for (ulong stream = 1; stream <= 7; stream += stream == 3 ? 4ul : 2ul)
        {
            ReceivedFrame refusal = await rig.Client.ReadFrameAsync();
            (refusal.Type, refusal.Flags, refusal.Stream).ShouldBe((FrameType.Reply, ReplyFlags.Refused, stream));
        }

        service.Gate.SetResult();
        ReceivedFrame thrown = await rig.Client.ReadFrameAsync();
        (thrown.Type, thrown.Flags, thrown.Stream).ShouldBe((FrameType.Reply, FrameFlags.None, 5ul));
    }

    [Fact]
    public async Task Call_that_arrives_after_this_side_sent_CLOSE_does_not_run()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, IProbe.Wait);
        await service.Started.DefaultTimeout();
        Task closing = rig.Peer.CloseAsync(TunnelStatus.Unavailable, "stopping");
        (await rig.Client.ReadCloseAsync()).LastAcceptedStream.ShouldBe(1ul);

        await rig.CallAsync(3, IProbe.Wait);
        await rig.Client.SendFrameAsync(FrameType.Fragment, FrameFlags.None, 5, new byte[100]);
        await rig.CallAsync(5, IProbe.Wait);
        await rig.Client.SendFrameAsync(FrameType.Credit, FrameFlags.None, 3, 1);
        await rig.Client.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "").ToPayload());

        await closing.DefaultTimeout();
        service.Running.ShouldBe(1);
    }

    private static Task WaitAsync(PeerRig rig) => rig.Peer.Invoker.InvokeVoidAsync(IProbe.Wait, default, default).AsTask();

    private static Task Pull(PeerRig rig) => PullAsync(rig.Peer.Invoker);

    private static async Task PullAsync(TunnelInvoker invoker)
    {
        await foreach (byte[] item in invoker.InvokeServerStreamingAsync(IProbe.Stream, default, default))
        {
            item.ShouldBeEmpty("the peer sends no items");
        }
    }

    private static byte[] Failure(TunnelStatus status)
    {
        MessageBuffer buffer = MessageBuffer.Rent(4096);
        FailureBody.Write(buffer, 4096, status, "because", null);
        byte[] body = buffer.WrittenSpan.ToArray();
        buffer.Return();
        return body;
    }

    private static async Task<TunnelException> ShouldFailAsync(Task call, TunnelStatus status, TunnelCallOutcome outcome)
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => call.DefaultTimeout());
        (error.Status, error.Outcome).ShouldBe((status, outcome), error.Message);
        return error;
    }
}
