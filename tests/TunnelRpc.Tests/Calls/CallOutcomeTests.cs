using System.Buffers.Binary;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>What a caller is told of a call that failed: whether it may have run.</summary>
public sealed class CallOutcomeTests
{
    private static readonly OneWayMethod<IProbe, byte[]> Tell = new(
        "Probe", "Tell", ByteArrayFormatter.Instance, static (service, _, cancelled) => service.WaitAsync(cancelled));

    private static readonly UnaryMethod<IProbe, byte[], Unit> Take = new(
        "Probe", "Take", ByteArrayFormatter.Instance, UnitFormatter.Instance, static (service, _, cancelled) => Unit.From(service.WaitAsync(cancelled)));

    private static readonly UnaryMethod<IProbe, Unit, int> Count = new(
        "Probe", "Count", UnitFormatter.Instance, Int32Formatter.Instance, static (_, _, _) => new(1));

    [Fact]
    public async Task A_call_that_never_reached_the_network_was_not_sent_and_one_that_did_may_have_run()
    {
        BlockableConnection held = null!;
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), wrap: near => held = new BlockableConnection(near));
        held.Block();
        Task written = WaitAsync(rig);
        await held.WriteBlocked.DefaultTimeout();
        Task[] behind = [WaitAsync(rig), Pull(rig), rig.Peer.Invoker.InvokeVoidAsync(Take, new byte[100_000], default).AsTask()];

        await rig.Client.DisposeAsync();

        TunnelException unknown = await ShouldFailAsync(written, TunnelStatus.Unavailable, TunnelCallOutcome.Unknown);
        unknown.Message.ShouldEndWith("The call may have run.");
        foreach (Task call in behind)
        {
            TunnelException notSent = await ShouldFailAsync(call, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
            notSent.Message.ShouldEndWith("The call was not sent.");
            notSent.Message.ShouldStartWith("The path to the peer was lost");
        }
    }

    [Fact]
    public async Task A_call_of_which_only_parts_were_sent_has_not_run()
    {
        // More than may stay unacknowledged: it waits in the middle.
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), limits => limits.MaxUnacknowledgedBytes = 65_536);
        Task half = rig.Peer.Invoker.InvokeVoidAsync(Take, new byte[1_000_000], default).AsTask();
        Task oneWay = rig.Peer.Invoker.InvokeOneWayAsync(Tell, new byte[1_000_000], default).AsTask();
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Fragment);

        await rig.Client.DisposeAsync();

        await ShouldFailAsync(half, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(oneWay, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task Calls_above_the_last_one_that_the_peer_says_it_accepted_have_not_run()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        Task accepted = WaitAsync(rig);
        Task above = WaitAsync(rig);
        Task streamAbove = Pull(rig);
        for (int i = 0; i < 3; i++)
        {
            (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Call);
        }

        await rig.Client.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Unavailable, 2, "going").ToPayload());

        (await ShouldFailAsync(accepted, TunnelStatus.Unavailable, TunnelCallOutcome.Unknown)).Message.ShouldContain("going");
        (await ShouldFailAsync(above, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent)).Message.ShouldEndWith("it has not run.");
        await ShouldFailAsync(streamAbove, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task A_call_that_waits_for_room_was_not_sent_however_the_wait_ends()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), limits => limits.MaxConcurrentCalls = 1);
        Task running = WaitAsync(rig);
        Task waiting = WaitAsync(rig);
        var late = new TunnelCallOptions { Timeout = TimeSpan.FromMilliseconds(1) };
        Task lateOne = rig.Peer.Invoker.With(late).InvokeVoidAsync(IProbe.Wait, default, default).AsTask();
        Task lateOneWay = rig.Peer.Invoker.With(late).InvokeOneWayAsync(IProbe.WaitOneWay, default, default).AsTask();

        rig.Time.Advance(TimeSpan.FromMilliseconds(1));

        (await ShouldFailAsync(lateOne, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.NotSent)).Message.ShouldEndWith("It was not sent.");
        await ShouldFailAsync(lateOneWay, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.NotSent);
        await rig.Client.DisposeAsync();
        await ShouldFailAsync(waiting, TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(running, TunnelStatus.Unavailable, TunnelCallOutcome.Unknown);
    }

    [Fact]
    public async Task A_call_whose_deadline_passes_behind_its_sending_may_have_run()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        TunnelInvoker late = rig.Peer.Invoker.With(new TunnelCallOptions { Timeout = TimeSpan.FromMilliseconds(1) });
        Task call = late.InvokeVoidAsync(IProbe.Wait, default, default).AsTask();
        Task stream = PullAsync(late);
        for (int i = 0; i < 2; i++)
        {
            (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Call);
        }

        rig.Time.Advance(TimeSpan.FromMilliseconds(1));

        (await ShouldFailAsync(call, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.Unknown)).Message.ShouldEndWith("It may have run.");
        await ShouldFailAsync(stream, TunnelStatus.DeadlineExceeded, TunnelCallOutcome.Unknown);
    }

    [Fact]
    public async Task A_call_on_a_session_that_is_over_was_not_sent()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        await rig.Client.DisposeAsync();
        await rig.Peer.SessionCompletion.DefaultTimeout();

        await ShouldFailAsync(WaitAsync(rig), TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(Pull(rig), TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
        await ShouldFailAsync(rig.Peer.Invoker.InvokeOneWayAsync(IProbe.WaitOneWay, default, default).AsTask(), TunnelStatus.Unavailable, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task What_the_peer_has_answered_is_completed_whatever_it_answered()
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
    public async Task A_call_that_the_peer_refuses_has_not_run()
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
    public async Task Arguments_that_are_too_large_were_not_sent()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), limits => limits.MaxMessageSize = 1024);

        await ShouldFailAsync(rig.Peer.Invoker.InvokeVoidAsync(Take, new byte[2000], default).AsTask(), TunnelStatus.ResourceExhausted, TunnelCallOutcome.NotSent);
    }

    [Fact]
    public async Task Every_call_that_is_refused_before_it_runs_is_marked_and_one_that_ran_is_not()
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
    public async Task A_call_that_comes_behind_the_own_close_does_not_run_and_close_has_said_so()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, IProbe.Wait);
        await service.Started.DefaultTimeout();
        Task closing = rig.Peer.CloseAsync(TunnelStatus.Unavailable, "going");
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
        await foreach (byte[] element in invoker.InvokeServerStreamingAsync(IProbe.Stream, default, default))
        {
            element.ShouldBeEmpty("the peer sends none");
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
