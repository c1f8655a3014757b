using System.Buffers;
using System.Buffers.Binary;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Calls;

/// <summary>Calls of a hostile peer: an invalid call fails and has no effect on the session. The test writes single frames.</summary>
public sealed class CallAttackTests
{
    // Recursion of this depth overflows every stack; the message is below the size limit.
    private const int Depth = 1_000_000;

    [Fact]
    public async Task Unknown_method_id_runs_nothing_even_if_it_differs_in_one_bit()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        TunnelMethod[] methods = [IProbe.Wait, IProbe.WaitOneWay, IProbe.Stream, IProbe.Open];
        uint[] served = [.. methods.Select(method => method.Id)];
        string[] others =
        [
            "probe/Wait", "Probe/wait", "Probe/Wait ", " Probe/Wait", "Probe//Wait", "/Probe/Wait", "Probe/Wait/", "Probe/./Wait",
            "Probe/%57ait", "Probe/Wait\0", "Ｐrobe/Wait",
        ];
        IEnumerable<uint> flipped = served.SelectMany(id => Enumerable.Range(0, 32).Select(bit => id ^ (1u << bit)));
        uint[] near = [.. flipped, .. others.Select(IdOf), 0, uint.MaxValue];

        ulong stream = 1;
        foreach (uint id in near.Except(served))
        {
            await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End, stream, [.. Bytes(id), 0xC0]);
            TunnelException refused = FailureBody.Read((await rig.Client.ReadFrameAsync()).Body);
            (refused.Status, refused.Message.Contains($"0x{id:X8}", StringComparison.Ordinal)).ShouldBe((TunnelStatus.Unimplemented, true));
            stream += 2;
        }

        service.Running.ShouldBe(0);
        service.Opened.ShouldBeEmpty();
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Reference_and_service_have_separate_methods()
    {
        var service = new ProbeService();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        await rig.CallAsync(1, IProbe.Open);
        (await rig.Client.ReadFrameAsync()).Body.ShouldBe([0, 0x81, 8, 1, 0x92, 0xC3, 1]);
        uint read = IdOf("$bytes/Read");

        await SendAsync(rig, 3, FrameFlags.End, read, new CallMetadata());
        await SendAsync(rig, 5, FrameFlags.End, IdOf("$items/Read"), new CallMetadata { ReferenceId = 1 });
        await SendAsync(rig, 7, FrameFlags.End, IProbe.Wait.Id, new CallMetadata { ReferenceId = 1 });
        await SendAsync(rig, 9, FrameFlags.End, read, new CallMetadata { ReferenceId = 2 });
        TunnelStatus[] replies = [.. await RepliesAsync(rig, 4)];
        await SendAsync(rig, 11, FrameFlags.End, read, new CallMetadata { ReferenceId = 1 });

        replies.ShouldBe([TunnelStatus.Unimplemented, TunnelStatus.Unimplemented, TunnelStatus.Unimplemented, TunnelStatus.NotFound]);
        (await rig.Client.ReadFrameAsync()).Type.ShouldBeOneOf(FrameType.Item, FrameType.End);
        service.Running.ShouldBe(0);
    }

    public static TheoryData<string> Bombs => ["arguments", "unknown metadata", "a header", "a key", "maps"];

    [Theory]
    [MemberData(nameof(Bombs))]
    public async Task Call_with_a_million_nested_levels_fails_without_a_stack_overflow(string place)
    {
        var service = new ProbeService();
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        byte[] arrays = [.. Enumerable.Repeat((byte)0x91, Depth), 0xC0];
        byte[] body = place switch
        {
            "arguments" => [.. Bytes(IProbe.Wait.Id), .. arrays],
            "unknown metadata" => [.. Bytes(IProbe.Wait.Id), 0x81, 0x63, .. arrays, 0xC0],
            "a header" => [.. Bytes(IProbe.Wait.Id), 0x81, 2, 0x81, 0xA1, 0x61, .. arrays, 0xC0],
            "a key" => [.. Bytes(IProbe.Wait.Id), 0x81, .. arrays, 0xC0, 0xC0],
            _ => [.. Bytes(IProbe.Wait.Id), .. Enumerable.Repeat<byte[]>([0x81, 0xC0], Depth).SelectMany(map => map), 0xC0],
        };

        await SendFragmentedAsync(rig, 1, body, place is "arguments" or "maps" ? FrameFlags.End : FrameFlags.End | FrameFlags.Metadata);
        ReceivedFrame reply = await rig.Client.ReadFrameAsync();

        (reply.Type, reply.Stream).ShouldBe((FrameType.Reply, 1ul));
        ((TunnelStatus)reply.Body[0]).ShouldBeOneOf(TunnelStatus.Ok, TunnelStatus.InvalidArgument);
        await rig.ShouldBeAliveAsync();
    }

    [Theory]
    [InlineData(new byte[] { 0xDD, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xDF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xDB, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xC6, 0x7F, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 1 })]
    public async Task Length_of_gigabytes_in_a_call_allocates_no_such_memory(byte[] claim)
    {
        await using PeerRig rig = await PeerRig.StartAsync(new ProbeService());
        byte[][] bodies =
        [
            [.. Bytes(IProbe.Wait.Id), 0x81, 2, .. claim],
            [.. Bytes(IProbe.Wait.Id), 0x81, 2, 0x81, 0xA1, 0x61, .. claim],
            [.. Bytes(IProbe.Wait.Id), 0x81, 0x63, .. claim],
        ];
        long before = GC.GetTotalAllocatedBytes(precise: true);

        ulong stream = 1;
        foreach (byte[] body in bodies)
        {
            await rig.Client.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, stream, body);
            FailureBody.Read((await rig.Client.ReadFrameAsync()).Body).Status.ShouldBe(TunnelStatus.InvalidArgument);
            stream += 2;
        }

        // Other tests allocate at the same time. The claimed length is ten times this bound.
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(400L << 20);
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Headers_with_control_characters_are_treated_as_data()
    {
        var service = new ProbeService();
        service.Gate.SetResult();
        await using PeerRig rig = await PeerRig.StartAsync(service);
        var headers = new TunnelHeaders
        {
            ["a\r\nTransfer-Encoding: chunked\r\n\r\n"] = "b\r\nSet-Cookie: c\r\n\r\n<script>",
            ["\0"] = "\0",
            ["name: value"] = "\u2028",
        };

        await SendAsync(rig, 1, FrameFlags.End, IProbe.Wait.Id, new CallMetadata { Headers = headers });

        (await rig.Client.ReadFrameAsync()).Body[0].ShouldBe((byte)TunnelStatus.Ok);
        rig.Log.ShouldBeEmpty();
    }

    private static async Task<IEnumerable<TunnelStatus>> RepliesAsync(PeerRig rig, int count)
    {
        var replies = new SortedDictionary<ulong, TunnelStatus>();
        while (replies.Count < count)
        {
            ReceivedFrame frame = await rig.Client.ReadFrameAsync();
            replies[frame.Stream] = (TunnelStatus)frame.Body[0];
        }

        return replies.Values;
    }

    private static Task SendAsync(PeerRig rig, ulong stream, FrameFlags flags, uint method, CallMetadata metadata)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        metadata.Write(ref writer);
        writer.WriteNil();
        writer.Flush();
        return rig.Client.SendFrameAsync(FrameType.Call, flags | FrameFlags.Metadata, stream, [.. Bytes(method), .. output.WrittenSpan]);
    }

    private static async Task SendFragmentedAsync(PeerRig rig, ulong stream, byte[] body, FrameFlags flags)
    {
        const int FragmentSize = 60_000;
        int offset = 0;
        for (; body.Length - offset > FragmentSize; offset += FragmentSize)
        {
            await rig.Client.SendFrameAsync(FrameType.Fragment, FrameFlags.None, stream, body[offset..(offset + FragmentSize)]);
        }

        await rig.Client.SendFrameAsync(FrameType.Call, flags, stream, body[offset..]);
    }

    private static byte[] Bytes(uint id)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, id);
        return bytes;
    }

    /// <summary>FNV-1a, as docs/protocol.md specifies.</summary>
    private static uint IdOf(string name) =>
        System.Text.Encoding.UTF8.GetBytes(name).Aggregate(2166136261u, (hash, value) => unchecked((hash ^ value) * 16777619u));
}
