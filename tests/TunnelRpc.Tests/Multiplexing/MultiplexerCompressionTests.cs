using System.Buffers;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>Compression as the wire shows it; the test is the dialing side, so odd streams are its own.</summary>
public sealed class MultiplexerCompressionTests
{
    private const int CompressionThreshold = 256;

    [Theory]
    [InlineData(CompressionThreshold - 1, false)]
    [InlineData(CompressionThreshold, true)]
    public async Task A_call_is_compressed_from_the_minimum_on(int size, bool compressed)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] message = CompressedMessageTests.Text(size);

        rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, message).ShouldBeTrue();

        ReceivedFrame call = await rig.Peer.ReadFrameAsync();
        call.Flags.ShouldBe(compressed ? FrameFlags.End | FrameFlags.Compressed : FrameFlags.End);
        Plain(call.Flags, call.Body).ShouldBe(message);
    }

    [Fact]
    public async Task A_call_that_does_not_get_smaller_goes_as_it_is()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] noise = Noise(4096);

        rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, noise).ShouldBeTrue();

        ReceivedFrame call = await rig.Peer.ReadFrameAsync();
        call.Flags.ShouldBe(FrameFlags.End);
        call.Body.ShouldBe(noise);
    }

    [Fact]
    public async Task Nothing_is_compressed_where_it_was_not_agreed_on()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, new byte[8192]).ShouldBeTrue();

        ReceivedFrame call = await rig.Peer.ReadFrameAsync();
        (call.Flags, call.Body.Length).ShouldBe((FrameFlags.End, 8192));
    }

    [Theory]
    [InlineData(FrameType.Call, 3ul)]
    [InlineData(FrameType.Reply, 2ul)]
    [InlineData(FrameType.Item, 1ul)]
    internal async Task A_compressed_message_that_was_not_agreed_on_ends_the_session(FrameType type, ulong stream)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1, new RecordingStream(receiveWindow: 4096));
        await rig.Multiplexer.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[4], default);

        await rig.Peer.SendFrameAsync(type, FrameFlags.Compressed, stream, CompressedMessageTests.Compress(new byte[500]));

        (await rig.ShouldEndAsync()).ShouldBe($"Expected no compressed message, since the handshake agreed on none, got one on stream {stream}.");
    }

    [Fact]
    public async Task A_large_message_is_compressed_whole_and_then_cut()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] message = [.. Noise(40_000), .. new byte[100_000]];

        await rig.Multiplexer.OpenAsync(new RecordingStream(), FrameFlags.End, message, default);

        List<byte> body = [];
        ReceivedFrame frame;
        do
        {
            frame = await rig.Peer.ReadFrameAsync();
            body.AddRange(frame.Body);
        }
        while (frame.Type == FrameType.Fragment);

        frame.Flags.ShouldBe(FrameFlags.End | FrameFlags.Compressed);
        body.Count.ShouldBeInRange(40_000, 50_000);
        Plain(frame.Flags, [.. body]).ShouldBe(message);
    }

    [Fact]
    public async Task A_compressed_call_in_parts_arrives_plain()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] message = [.. Noise(1000), .. new byte[5000]];
        byte[] body = CompressedMessageTests.Compress(message);

        await rig.SendAsync(FrameType.Fragment, 1, body[..1]);
        await rig.SendAsync(FrameType.Fragment, 1, body[1..500]);
        await rig.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Compressed, 1, body[500..]);

        (await rig.Acceptor.NextAsync()).Body.ShouldBe(message);
    }

    [Fact]
    public async Task A_bomb_fails_its_own_call_by_the_limits_name()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxMessageSize = 2048, compressFrom: CompressionThreshold);

        await rig.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Compressed, 1, CompressedMessageTests.Compress(new byte[10_000_000]));

        TunnelException refused = FailureBody.Read((await rig.Peer.ReadFrameAsync()).Body);
        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldContain("at most 2048 bytes (limit MaxMessageSize)");
        rig.Multiplexer.IncomingCalls.Count.ShouldBe(0);
        await rig.ShouldBeAliveAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_call_fails_alone(bool cut)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] body = Damage(CompressedMessageTests.Compress(CompressedMessageTests.Text(500)), cut);

        await rig.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End | FrameFlags.Compressed, 1, body);

        ReceivedFrame reply = await rig.Peer.ReadFrameAsync();
        (reply.Type, reply.Stream, FailureBody.Read(reply.Body).Status).ShouldBe((FrameType.Reply, 1ul, TunnelStatus.DataLoss));
        rig.Multiplexer.IncomingCalls.Count.ShouldBe(0);
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task A_damaged_reply_fails_its_caller_alone()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        var stream = new RecordingStream();
        await rig.Multiplexer.OpenAsync(stream, FrameFlags.End, new byte[4], default);

        await rig.Peer.SendFrameAsync(FrameType.Reply, FrameFlags.Compressed, 2, 60, 1, 2, 3);

        (await stream.NextAsync()).ShouldBe("lost DataLoss");
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Damaged_elements_of_an_answer_end_their_call_on_both_sides()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        var stream = new RecordingStream(receiveWindow: 4096);
        await rig.Multiplexer.OpenAsync(stream, FrameFlags.End, new byte[4], default);
        await rig.Peer.ReadFrameAsync();

        await rig.Peer.SendFrameAsync(FrameType.Item, FrameFlags.Compressed, 2, 60, 1, 2, 3);

        (await stream.NextAsync()).ShouldBe("lost DataLoss");
        ReceivedFrame cancel = await rig.Peer.ReadFrameAsync();
        (cancel.Type, cancel.Stream).ShouldBe((FrameType.Cancel, 2ul));
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Damaged_elements_of_a_call_are_its_own()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        RecordingStream stream = await rig.CallAsync(1, new RecordingStream(receiveWindow: 4096));

        await rig.Peer.SendFrameAsync(FrameType.Item, FrameFlags.Compressed, 1, 60, 1, 2, 3);

        (await stream.NextAsync()).ShouldBe("unreadable DataLoss");
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Credit_is_used_up_by_the_plain_bytes()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        RecordingStream stream = await rig.CallAsync(1, new RecordingStream(receiveWindow: 4096));

        await rig.Peer.SendFrameAsync(FrameType.Item, FrameFlags.Compressed, 1, CompressedMessageTests.Compress(new byte[4095]));
        await rig.SendAsync(FrameType.Item, 1, 1);
        (await stream.NextAsync()).ShouldBe("items 4095");
        (await stream.NextAsync()).ShouldBe("items 1");
        await rig.SendAsync(FrameType.Item, 1, 1);

        (await rig.ShouldEndAsync()).ShouldContain("window of 4096 bytes is used up");
    }

    [Fact]
    public async Task Credit_is_used_up_by_the_plain_bytes_of_parts_too()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        RecordingStream stream = await rig.CallAsync(1, new RecordingStream(receiveWindow: 4096));
        byte[] body = CompressedMessageTests.Compress([.. Noise(500), .. new byte[3595]]);

        await rig.SendAsync(FrameType.Fragment, 1, body[..200]);
        await rig.Peer.SendFrameAsync(FrameType.Item, FrameFlags.Compressed, 1, body[200..]);
        await rig.SendAsync(FrameType.Item, 1, 1);
        (await stream.NextAsync()).ShouldBe("items 4095");
        (await stream.NextAsync()).ShouldBe("items 1");
        await rig.SendAsync(FrameType.Item, 1, 1);

        (await rig.ShouldEndAsync()).ShouldContain("window of 4096 bytes is used up");
    }

    private static byte[] Plain(FrameFlags flags, byte[] body)
    {
        using ReceivedMessage plain = ReceivedMessage.Create(flags, body, int.MaxValue);
        plain.Error.ShouldBeNull();
        return plain.Bytes.ToArray();
    }

    private static byte[] Damage(byte[] body, bool cut)
    {
        if (cut)
        {
            return body[..^1];
        }

        body[3] ^= 0xFF;
        return body;
    }

    private static byte[] Noise(int size)
    {
        byte[] noise = new byte[size];
        new Random(7).NextBytes(noise);
        return noise;
    }
}
