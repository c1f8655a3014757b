using System.Buffers.Binary;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>References that a peer passes to its client. The test is the client and writes single frames.</summary>
public sealed class ReferenceTests
{
    private static readonly OneWayMethod<IProbe, Stream> Pass =
        new("Probe", "Pass", StreamFormatter.Instance, static (_, _, _) => default) { HasReferences = true };

    [Fact]
    public async Task Cancel_that_crosses_its_reply_releases_the_references_of_the_reply()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, IProbe.Open);
        await rig.CallAsync(3, IProbe.Open);
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Reply);
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Reply);

        // As if the caller had cancelled before the reply arrived, so that it did not take the reference.
        await rig.Client.SendFrameAsync(FrameType.Cancel, FrameFlags.None, 1, (byte)TunnelStatus.Cancelled);

        await rig.ShouldBeAliveAsync();
        ProbeStream[] opened = [.. service.Opened];
        await Task.WhenAny(opened[0].Disposed, opened[1].Disposed).DefaultTimeout();
        opened.Count(s => s.Disposed.IsCompleted).ShouldBe(1);
    }

    [Fact]
    public async Task Late_cancels_of_calls_without_references_search_nothing()
    {
        const int References = 200;
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        for (ulong stream = 1; stream < 2 * References; stream += 2)
        {
            await rig.CallAsync(stream, IProbe.Open);
            (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Reply);
        }

        // The first use of a lock on a thread allocates.
        rig.Peer.ExportedReferences.ReleaseForStream(1_000_001);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong stream = 1_000_001; stream < 1_020_001; stream += 2)
        {
            rig.Peer.ExportedReferences.ReleaseForStream(stream);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        rig.Peer.ExportedReferences.Count.ShouldBe(References);
        for (ulong stream = 1; stream < 2 * References; stream += 2)
        {
            rig.Peer.ExportedReferences.ReleaseForStream(stream);
        }

        rig.Peer.ExportedReferences.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Reference_above_the_limit_is_refused_until_one_is_released()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service, limits => limits.MaxReferences = 2);

        long first = await OpenAsync(rig, 1);
        await OpenAsync(rig, 3);
        await rig.CallAsync(5, IProbe.Open);
        TunnelException refused = FailureBody.Read((await rig.Client.ReadFrameAsync()).Body);
        await rig.Client.SendFrameAsync(FrameType.Reference, FrameFlags.None, (ulong)first, (byte)ReferenceChange.Release);
        long last = await OpenAsync(rig, 7);

        (refused.Status, refused.Message).ShouldBe((
            TunnelStatus.ResourceExhausted,
            "The peer holds 2 references of this session (limit MaxReferences of this side). At the peer, read received streams to their "
                + "end or dispose them (IAsyncDisposable), call Release() on received services, and keep neither in lists; or raise "
                + "Limits.MaxReferences here."));
        await service.Opened.First().Disposed.DefaultTimeout();
        last.ShouldBe(3, "ids are not used twice");
    }

    [Fact]
    public async Task Call_on_an_unknown_reference_fails_only_that_call()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());

        await CallReferenceAsync(rig, 1, 99);
        await CallReferenceAsync(rig, 3, -1);
        await CallReferenceAsync(rig, 5, long.MinValue);

        for (int i = 0; i < 3; i++)
        {
            FailureBody.Read((await rig.Client.ReadFrameAsync()).Body).Status.ShouldBe(TunnelStatus.NotFound);
        }

        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Metadata_that_cannot_be_decoded_fails_only_its_call()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        byte[][] bad = [[0xC1], [0x81, 1, 0xA1, (byte)'x'], [0x81, 2, 0x81, 0xA0, 0xA0], [0x81, 4, 0xC0], [0xDF, 0xFF, 0xFF, 0xFF, 0xFF]];

        ulong stream = 1;
        foreach (byte[] metadata in bad)
        {
            byte[] body = [.. Id(IProbe.Wait), .. metadata];
            await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, stream, body);
            TunnelException error = FailureBody.Read((await rig.Client.ReadFrameAsync()).Body);
            error.Status.ShouldBe(TunnelStatus.InvalidArgument);
            error.Message.ShouldStartWith("The metadata of a call could not be decoded: ");
            stream += 2;
        }

        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task One_way_call_announces_its_references_and_a_refusal_releases_them()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        ProbeStream[] streams = [new(), new()];
        foreach (ProbeStream stream in streams)
        {
            await rig.Peer.Invoker.InvokeOneWayAsync(Pass, stream, default);
        }

        ReceivedFrame first = await rig.Client.ReadFrameAsync();
        ReceivedFrame second = await rig.Client.ReadFrameAsync();
        first.Flags.ShouldBe(FrameFlags.End | FrameFlags.OneWay | FrameFlags.Metadata);
        first.Body.ShouldBe([.. Id(Pass), 0x81, 8, 1, 0x92, 0xC3, 1]);

        // The receiver keeps the second one.
        await rig.Client.SendFrameAsync(FrameType.Reference, FrameFlags.None, 2, (byte)ReferenceChange.Retain);
        await rig.Client.SendFrameAsync(FrameType.Reference, FrameFlags.None, first.Stream, (byte)ReferenceChange.Refuse);
        await rig.Client.SendFrameAsync(FrameType.Reference, FrameFlags.None, second.Stream, (byte)ReferenceChange.Refuse);

        await streams[0].Disposed.DefaultTimeout();
        await rig.ShouldBeAliveAsync();
        (rig.Peer.ExportedReferences.Count, streams[1].Disposed.IsCompleted).ShouldBe((1, false));
    }

    [Fact]
    public async Task One_way_call_without_references_is_unchanged()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());

        await rig.Peer.Invoker.InvokeOneWayAsync(IProbe.WaitOneWay, default, default);

        ReceivedFrame call = await rig.Client.ReadFrameAsync();
        (call.Flags, call.Body.Length).ShouldBe((FrameFlags.End | FrameFlags.OneWay, 5));
    }

    [Fact]
    public async Task Refused_one_way_call_is_answered_only_if_it_announces_references()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        const FrameFlags OneWay = FrameFlags.End | FrameFlags.OneWay;

        await rig.Client.SendFrameAsync(FrameType.Call, OneWay, 1, [.. Id(Pass), 0xC0]);
        await rig.Client.SendFrameAsync(FrameType.Call, OneWay | FrameFlags.Metadata, 3, [.. Id(Pass), 0x81, 3, 1, 0xC0]);
        await rig.Client.SendFrameAsync(FrameType.Call, OneWay | FrameFlags.Metadata, 5, [.. Id(Pass), 0x81, 8, 1, 0xC0]);
        await rig.Client.SendFrameAsync(FrameType.Call, OneWay | FrameFlags.Metadata, 7, [.. Id(Pass), 0xC1]);

        // The metadata of the last one cannot be read.
        foreach (ulong stream in new ulong[] { 5, 7 })
        {
            ReceivedFrame refusal = await rig.Client.ReadFrameAsync();
            (refusal.Type, refusal.Stream).ShouldBe((FrameType.Reference, stream));
            refusal.Body.ShouldBe([3]);
        }

        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Refusal_of_references_that_no_one_way_call_passed_has_no_effect()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        await OpenAsync(rig, 1);
        await rig.Peer.Invoker.InvokeOneWayAsync(IProbe.WaitOneWay, default, default);
        await rig.Client.ReadFrameAsync();

        foreach (ulong stream in new ulong[] { 1, 2, 3, 4, 1 << 20 })
        {
            await rig.Client.SendFrameAsync(FrameType.Reference, FrameFlags.None, stream, (byte)ReferenceChange.Refuse);
        }

        await rig.ShouldBeAliveAsync();
        rig.Peer.ExportedReferences.Count.ShouldBe(1, "the references of a reply are refused by CANCEL");
    }

    [Fact]
    public async Task End_of_the_session_releases_its_references_and_logs_them()
    {
        var service = new ProbeService();
        PeerRig rig = await PeerRig.StartAsync(service);
        await OpenAsync(rig, 1);
        await OpenAsync(rig, 3);

        await rig.DisposeAsync();

        service.Opened.ShouldAllBe(s => s.Disposed.IsCompleted);
        rig.Log.ShouldHaveSingleItem().ShouldContain("held 2 references that it had not released");
    }

    [Fact]
    public async Task Timeout_of_the_peer_fails_the_call_by_the_clock_of_this_side()
    {
        var service = new ProbeService { IgnoresCancellation = true };
        await using PeerRig rig = await PeerRig.StartAsync(service);
        byte[] body = [.. Id(IProbe.Wait), 0x81, 1, 0xCD, 0x03, 0xE8, 0xC0];
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 1, body);
        await service.Started.DefaultTimeout();

        rig.Time.Advance(TimeSpan.FromMilliseconds(999));
        await rig.ShouldBeAliveAsync();
        rig.Time.Advance(TimeSpan.FromMilliseconds(1));

        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        (reply.Type, reply.Stream).ShouldBe((FrameType.Reply, 1ul));
        FailureBody.Read(reply.Body).Status.ShouldBe(TunnelStatus.DeadlineExceeded);
        rig.Peer.Multiplexer.IncomingCalls.Count.ShouldBe(1, "work that ignores its cancellation still counts");
        service.Gate.SetResult();
    }

    private static async Task<long> OpenAsync(PeerRig rig, ulong stream)
    {
        await rig.CallAsync(stream, IProbe.Open);
        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        reply.Body[..6].ShouldBe([0, 0x81, 8, 1, 0x92, 0xC3]);
        return reply.Body[6];
    }

    private static Task CallReferenceAsync(PeerRig rig, ulong stream, long reference)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        new CallMetadata { ReferenceId = reference }.Write(ref writer);
        writer.WriteNil();
        writer.Flush();
        byte[] body = [.. Id(IProbe.Wait), .. output.WrittenSpan];
        return rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, stream, body);
    }

    private static byte[] Id(TunnelMethod method)
    {
        byte[] id = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(id, method.Id);
        return id;
    }
}
