using System.Buffers.Binary;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>What a peer may do to the references that it was given; the client is the test's, byte by byte.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public async Task An_answer_that_was_cancelled_on_its_way_takes_back_what_it_gave_away()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, IProbe.Open);
        await rig.CallAsync(3, IProbe.Open);
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Reply);
        (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Reply);

        // Sent before the reply had come: the caller has not taken it.
        await rig.Client.SendFrameAsync(FrameType.Cancel, FrameFlags.None, 1, (byte)TunnelStatus.Cancelled);

        await rig.ShouldBeAliveAsync();
        ProbeStream[] opened = [.. service.Opened];
        await Task.WhenAny(opened[0].Disposed, opened[1].Disposed).DefaultTimeout();
        opened.Count(s => s.Disposed.IsCompleted).ShouldBe(1);
    }

    [Fact]
    public async Task Late_cancels_of_calls_that_gave_nothing_away_look_through_nothing()
    {
        const int References = 200;
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        for (ulong stream = 1; stream < 2 * References; stream += 2)
        {
            await rig.CallAsync(stream, IProbe.Open);
            (await rig.Client.ReadFrameAsync()).Type.ShouldBe(FrameType.Reply);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong stream = 1_000_001; stream < 1_020_001; stream += 2)
        {
            rig.Peer.ExportedReferences.ReleaseForReply(stream);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        rig.Peer.ExportedReferences.Count.ShouldBe(References);
        for (ulong stream = 1; stream < 2 * References; stream += 2)
        {
            rig.Peer.ExportedReferences.ReleaseForReply(stream);
        }

        rig.Peer.ExportedReferences.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Past_the_limit_nothing_is_given_away_until_something_is_released()
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
            TunnelStatus.ResourceExhausted, "The peer holds 2 references of this session (limit MaxReferences). Release those that are not used any more."));
        await service.Opened.First().Disposed.DefaultTimeout();
        last.ShouldBe(3, "numbers are not used again");
    }

    [Fact]
    public async Task A_call_on_what_was_never_passed_fails_and_nothing_else()
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
    public async Task Metadata_that_cannot_be_decoded_fails_its_call_and_nothing_else()
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        byte[][] bad = [[0xC1], [0x81, 1, 0xA1, (byte)'x'], [0x81, 2, 0x81, 0xA0, 0xA0], [0x81, 4, 0xC0], [0xDF, 0xFF, 0xFF, 0xFF, 0xFF]];

        ulong stream = 1;
        foreach (byte[] metadata in bad)
        {
            await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, stream, [.. Id(IProbe.Wait), .. metadata]);
            TunnelException error = FailureBody.Read((await rig.Client.ReadFrameAsync()).Body);
            error.Status.ShouldBe(TunnelStatus.InvalidArgument);
            error.Message.ShouldStartWith("The metadata of a call could not be decoded: ");
            stream += 2;
        }

        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task The_end_of_the_session_releases_what_is_held_and_says_so()
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
    public async Task A_deadline_of_the_peer_ends_the_call_here_by_this_sides_clock()
    {
        var service = new ProbeService { IgnoresCancellation = true };
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 1, [.. Id(IProbe.Wait), 0x81, 1, 0xCD, 0x03, 0xE8, 0xC0]);
        await service.Started.DefaultTimeout();

        rig.Time.Advance(TimeSpan.FromMilliseconds(999));
        await rig.ShouldBeAliveAsync();
        rig.Time.Advance(TimeSpan.FromMilliseconds(1));

        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        (reply.Type, reply.Stream).ShouldBe((FrameType.Reply, 1ul));
        FailureBody.Read(reply.Body).Status.ShouldBe(TunnelStatus.DeadlineExceeded);
        rig.Peer.Multiplexer.IncomingCalls.Count.ShouldBe(1, "work that goes on still counts");
        service.Gate.SetResult();
    }

    private static async Task<long> OpenAsync(PeerRig rig, ulong stream)
    {
        await rig.CallAsync(stream, IProbe.Open);
        ReceivedFrame reply = await rig.Client.ReadFrameAsync();
        reply.Body[..3].ShouldBe([0, 0x92, 0xC3]);
        return reply.Body[3];
    }

    private static Task CallReferenceAsync(PeerRig rig, ulong stream, long reference)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        new CallMetadata { ReferenceId = reference }.Write(ref writer);
        writer.WriteNil();
        writer.Flush();
        return rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, stream, [.. Id(IProbe.Wait), .. output.WrittenSpan]);
    }

    private static byte[] Id(TunnelMethod method)
    {
        byte[] id = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(id, method.Id);
        return id;
    }
}
