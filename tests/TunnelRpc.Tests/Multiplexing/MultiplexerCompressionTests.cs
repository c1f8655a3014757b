using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>Compression on the wire. The test plays the client, so the odd stream ids are its own.</summary>
public sealed class MultiplexerCompressionTests
{
    private const int CompressionThreshold = 256;

    [Theory]
    [InlineData(CompressionThreshold - 1, false)]
    [InlineData(CompressionThreshold, true)]
    public async Task Call_is_compressed_from_the_minimum_size_on(int size, bool compressed)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] message = CompressedMessageTests.Text(size);

        rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, message).ShouldBeTrue();

        ReceivedFrame call = await rig.Peer.ReadFrameAsync();
        call.Flags.ShouldBe(compressed ? FrameFlags.End | FrameFlags.Compressed : FrameFlags.End);
        Plain(call.Flags, call.Body).ShouldBe(message);
    }

    [Fact]
    public async Task Incompressible_call_is_sent_uncompressed()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] noise = Noise(4096);

        rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, noise).ShouldBeTrue();

        ReceivedFrame call = await rig.Peer.ReadFrameAsync();
        call.Flags.ShouldBe(FrameFlags.End);
        call.Body.ShouldBe(noise);
    }

    [Fact]
    public async Task Message_without_agreement_is_sent_uncompressed()
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
    internal async Task Compressed_message_without_agreement_ends_the_session(FrameType type, ulong stream)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1, new RecordingStream(receiveWindow: 4096));
        await rig.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[4], default);

        await rig.Peer.SendFrameAsync(type, FrameFlags.Compressed, stream, CompressedMessageTests.Compress(new byte[500]));

        (await rig.ShouldEndAsync()).ShouldBe(
            $"Expected no compressed message, since the handshake agreed on none, got one on stream {stream}.");
    }

    [Fact]
    public async Task Large_message_is_compressed_before_it_is_fragmented()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        byte[] message = [.. Noise(40_000), .. new byte[100_000]];

        await rig.OpenAsync(new RecordingStream(), FrameFlags.End, message, default);

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
    public async Task Compressed_call_in_fragments_arrives_decompressed()
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
    public async Task Decompression_bomb_fails_only_its_call_with_the_name_of_the_limit()
    {
        await using MultiplexerRig rig =
            await MultiplexerRig.StartAsync(limits => limits.MaxMessageSize = 2048, compressFrom: CompressionThreshold);

        await rig.Peer.SendFrameAsync(
            FrameType.Call, FrameFlags.End | FrameFlags.Compressed, 1, CompressedMessageTests.Compress(new byte[10_000_000]));

        TunnelException refused = FailureBody.Read((await rig.Peer.ReadFrameAsync()).Body);
        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldContain("at most 2048 bytes (limit MaxMessageSize)");
        rig.Multiplexer.IncomingCalls.Count.ShouldBe(0);
        await rig.ShouldBeAliveAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Corrupt_call_fails_alone(bool cut)
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
    public async Task Corrupt_reply_fails_only_its_call()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        var stream = new RecordingStream();
        await rig.OpenAsync(stream, FrameFlags.End, new byte[4], default);

        await rig.Peer.SendFrameAsync(FrameType.Reply, FrameFlags.Compressed, 2, 60, 1, 2, 3);

        (await stream.NextAsync()).ShouldBe("failed DataLoss");
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Corrupt_items_of_a_reply_end_their_call_on_both_sides()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        var stream = new RecordingStream(receiveWindow: 4096);
        await rig.OpenAsync(stream, FrameFlags.End, new byte[4], default);
        await rig.Peer.ReadFrameAsync();

        await rig.Peer.SendFrameAsync(FrameType.Item, FrameFlags.Compressed, 2, 60, 1, 2, 3);

        (await stream.NextAsync()).ShouldBe("failed DataLoss");
        ReceivedFrame cancel = await rig.Peer.ReadFrameAsync();
        (cancel.Type, cancel.Stream).ShouldBe((FrameType.Cancel, 2ul));
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Corrupt_items_of_a_call_fail_only_that_call()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(compressFrom: CompressionThreshold);
        RecordingStream stream = await rig.CallAsync(1, new RecordingStream(receiveWindow: 4096));

        await rig.Peer.SendFrameAsync(FrameType.Item, FrameFlags.Compressed, 1, 60, 1, 2, 3);

        (await stream.NextAsync()).ShouldBe("rejected DataLoss");
        await rig.ShouldBeAliveAsync();
    }

    [Fact]
    public async Task Credit_counts_uncompressed_bytes()
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
    public async Task Credit_counts_uncompressed_bytes_of_fragments()
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
