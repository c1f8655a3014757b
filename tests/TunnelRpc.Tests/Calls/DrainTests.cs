using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>A session that drains: it takes no new calls, and running calls finish.</summary>
public sealed class DrainTests
{
    private static readonly OneWayMethod<IProbe, Unit> Tell = new("Probe", "Tell", UnitFormatter.Instance, static (_, _, _) => default);

    [Fact]
    public async Task Drain_is_answered_after_the_last_call_and_later_calls_are_not_sent()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        Task before = WaitAsync(rig);

        await DrainAsync(rig, "restarting soon");
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Call);
        ReceivedFrame drain = await rig.Client.ReadFrameAsync();
        Task later = WaitAsync(rig);
        Task oneWay = rig.Peer.Invoker.InvokeOneWayAsync(Tell, default, default).AsTask();
        Task stream = PullAsync(rig);

        foreach (Task call in new[] { later, oneWay, stream })
        {
            TunnelException error = await Should.ThrowAsync<TunnelException>(() => call.DefaultTimeout());
            (error.Status, error.Outcome).ShouldBe((TunnelStatus.Unavailable, TunnelCallOutcome.NotSent));
            error.Message.ShouldContain("restarting soon");
        }

        rig.Peer.IsDrainingOrEnding.ShouldBeTrue();
        (drain.Type, drain.Stream).ShouldBe((FrameType.Drain, 0ul));
        await rig.Client.SendFrameAsync(FrameType.Reply, FrameFlags.None, 2, 0, 0xC0);
        await before.DefaultTimeout();
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Calls_that_wait_for_a_permit_fail_when_the_session_drains()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService(), limits => limits.MaxConcurrentCalls = 1);
        Task running = WaitAsync(rig);
        Task[] waiting = [WaitAsync(rig), WaitAsync(rig), PullAsync(rig)];

        await DrainAsync(rig, "restarting");

        foreach (Task call in waiting)
        {
            (await Should.ThrowAsync<TunnelException>(() => call.DefaultTimeout())).Outcome.ShouldBe(TunnelCallOutcome.NotSent);
        }

        running.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Drain_completes_after_the_DRAIN_of_the_peer_and_the_calls_of_both_sides()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, IProbe.Wait);
        await service.Started.DefaultTimeout();
        Task own = WaitAsync(rig);
        await rig.Peer.Invoker.InvokeOneWayAsync(Tell, default, default);

        Task drained = rig.Peer.DrainAsync("stopping");
        await rig.Client.ReadFrameAsync();
        await rig.Client.ReadFrameAsync();
        ReceivedFrame drain = await rig.Client.ReadFrameAsync();
        (drain.Type, System.Text.Encoding.UTF8.GetString(drain.Body)).ShouldBe((FrameType.Drain, "stopping"));
        await DrainAsync(rig, "");

        await rig.Client.SendFrameAsync(FrameType.Reply, FrameFlags.None, 2, 0, 0xC0);
        await own.DefaultTimeout();
        drained.IsCompleted.ShouldBeFalse("a call of the peer runs, and a one-way call of this side");
        service.Gate.SetResult();
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Reply);
        await rig.ShouldBeAliveAsync();
        drained.IsCompleted.ShouldBeFalse("a one-way call of this side runs");
        await rig.Client.SendFrameAsync(FrameType.Credit, FrameFlags.None, 0, 1, 0, 0);

        await drained.DefaultTimeout();
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Drain_of_an_idle_session_completes_with_the_DRAIN_of_the_peer()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());

        Task drained = rig.Peer.DrainAsync("stopping");
        await rig.ShouldBeAliveAsync();
        drained.IsCompleted.ShouldBeFalse();
        await DrainAsync(rig, "");

        await drained.DefaultTimeout();
    }

    [Fact]
    public async Task End_of_the_session_completes_its_drain()
    {
        var service = new ProbeService();
        PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, IProbe.Wait);
        Task drained = rig.Peer.DrainAsync("stopping");

        await rig.DisposeAsync();

        await drained.DefaultTimeout();
    }

    [Fact]
    public async Task Ended_one_way_calls_are_reported_immediately_while_a_session_drains()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, Tell, FrameFlags.End | FrameFlags.OneWay);
        await rig.CallAsync(3, IProbe.WaitOneWay, FrameFlags.End | FrameFlags.OneWay);
        await service.Started.DefaultTimeout();

        await DrainAsync(rig, "restarting");

        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Drain);
        ReceivedFrame first = await rig.Client.ReadFrameAsync();
        (first.Type, first.Stream, first.Body[0]).ShouldBe((FrameType.Credit, 0ul, (byte)1));
        service.Gate.SetResult();
        ReceivedFrame second = await rig.Client.ReadFrameAsync();
        (second.Type, second.Stream, second.Body[0]).ShouldBe((FrameType.Credit, 0ul, (byte)1));
    }

    [Fact]
    public async Task Nested_calls_of_a_running_call_are_sent_after_DRAIN_in_a_chain()
    {
        PeerRig rig = null!;
        var service = new ProbeService
        {
            Continuation = async () =>
            {
                await rig.Peer.Invoker.InvokeOneWayAsync(Tell, default, default);
                await WaitAsync(rig);
                await PullAsync(rig);
            },
        };
        rig = await PeerRig.StartAsync(service);
        await using PeerRig disposed = rig;
        await rig.CallAsync(1, IProbe.Wait);
        await service.Started.DefaultTimeout();
        Task drained = rig.Peer.DrainAsync("stopping");
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Drain);

        service.Gate.SetResult();

        ReceivedFrame oneWay = await rig.Client.ReadFrameAsync();
        (oneWay.Type, oneWay.Flags).ShouldBe((FrameType.Call, FrameFlags.End | FrameFlags.OneWay));
        ReceivedFrame nested = await rig.Client.ReadFrameAsync();
        (nested.Type, nested.Flags).ShouldBe((FrameType.Call, FrameFlags.End | FrameFlags.Metadata));
        ulong chain = ChainOf(nested);
        chain.ShouldNotBe(0ul);
        await rig.Client.SendFrameAsync(FrameType.Reply, FrameFlags.None, nested.Stream, 0, 0xC0);
        ReceivedFrame stream = await rig.Client.ReadFrameAsync();
        ChainOf(stream).ShouldBe(chain);
        await rig.Client.SendFrameAsync(FrameType.End, FrameFlags.None, stream.Stream);
        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        (reply.Type, reply.Body[0]).ShouldBe((FrameType.Reply, (byte)TunnelStatus.Ok));
        await DrainAsync(rig, "");
        await rig.Client.SendFrameAsync(FrameType.Credit, FrameFlags.None, 0, 1, 0, 0);
        await drained.DefaultTimeout();
    }

    [Fact]
    public async Task Call_after_the_DRAIN_of_its_caller_runs_only_if_it_belongs_to_a_running_call()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        service.Gate.SetResult();
        byte[] call = Body(IProbe.Wait, null);
        await rig.Client.SendFrameAsync(FrameType.Fragment, FrameFlags.None, 1, call[..3]);
        await DrainAsync(rig, "restarting");
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Drain);

        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End, 1, call[3..]);
        ReceivedFrame started = await rig.Client.ReadFrameAsync();
        await rig.CallAsync(3, IProbe.Wait);
        ReceivedFrame refused = await rig.Client.ReadFrameAsync();
        byte[] nestedCall = Body(IProbe.Wait, new CallMetadata { ChainId = 7 });
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 5, nestedCall);
        ReceivedFrame nested = await rig.Client.ReadFrameAsync();
        await rig.CallAsync(7, IProbe.WaitOneWay, FrameFlags.End | FrameFlags.OneWay);
        ReceivedFrame credit = await rig.Client.ReadFrameAsync();

        (started.Stream, started.Flags, started.Body[0]).ShouldBe((1ul, FrameFlags.None, (byte)TunnelStatus.Ok));
        (refused.Stream, refused.Flags, refused.Body[0]).ShouldBe((3ul, ReplyFlags.Refused, (byte)TunnelStatus.Unavailable));
        (nested.Stream, nested.Body[0]).ShouldBe((5ul, (byte)TunnelStatus.Ok));
        (credit.Type, credit.Stream).ShouldBe((FrameType.Credit, 0ul));
        service.Running.ShouldBe(3);
    }

    [Theory]
    [InlineData(3, 0, "on stream 0")]
    [InlineData(0, 513, "at most 512 bytes")]
    public async Task Invalid_DRAIN_ends_the_session(ulong stream, int length, string reason)
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());

        await rig.Client.SendFrameAsync(FrameType.Drain, FrameFlags.None, stream, new byte[length]);

        (await rig.Client.ReadCloseAsync()).Reason.ShouldContain(reason);
    }

    [Fact]
    public async Task Second_DRAIN_ends_the_session()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());

        await DrainAsync(rig, "");
        await DrainAsync(rig, "");

        (await rig.Client.ReadCloseAsync()).Reason.ShouldBe("Expected one DRAIN, got another.");
    }

    private static Task DrainAsync(PeerRig rig, string reason) =>
        rig.Client.SendFrameAsync(FrameType.Drain, FrameFlags.None, 0, System.Text.Encoding.UTF8.GetBytes(reason));

    private static Task WaitAsync(PeerRig rig) => rig.Peer.Invoker.InvokeVoidAsync(IProbe.Wait, default, default).AsTask();

    private static async Task PullAsync(PeerRig rig)
    {
        await foreach (byte[] item in rig.Peer.Invoker.InvokeServerStreamingAsync(IProbe.Stream, default, default))
        {
            item.ShouldBeEmpty("the peer sends no items");
        }
    }

    private static byte[] Body(TunnelMethod method, CallMetadata? metadata)
    {
        MessageBuffer buffer = MessageBuffer.Rent(4096);
        CallBody.Write(buffer, method, metadata, UnitFormatter.Instance, default, null);
        byte[] body = buffer.WrittenSpan.ToArray();
        buffer.Return();
        return body;
    }

    private static ulong ChainOf(ReceivedFrame call)
    {
        var reader = new Serialization.MessagePackReader(call.Body.AsSpan(CallBody.MethodIdSize));
        return CallMetadata.Read(ref reader).ChainId;
    }
}
