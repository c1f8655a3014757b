using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>Frames of a hostile or defective peer. The test plays the client, so the odd stream ids are its own.</summary>
public sealed class MultiplexerAttackTests
{
    private const int Window = 4096;

    [Fact]
    public async Task Frame_of_length_zero_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.Peer.SendAsync(RecordType.Data, 0);

        (await rig.ShouldEndAsync()).ShouldBe("Expected a frame of 2 to 65536 bytes, got one that announces 0.");
    }

    [Fact]
    public async Task Frame_of_a_huge_length_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.Peer.SendAsync(RecordType.Data, Wire.VarInt(VarInt.MaxValue));

        (await rig.ShouldEndAsync()).ShouldBe($"Expected a frame of 2 to 65536 bytes, got one that announces {VarInt.MaxValue}.");
    }

    [Theory]
    [InlineData(FrameType.Call, 1025, 1ul)]
    [InlineData(FrameType.Reply, 1025, 2ul)]
    internal async Task Message_in_one_frame_above_the_limit_ends_the_session(FrameType type, int size, ulong stream)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync(limits => limits.MaxMessageSize = 1024);
        await rig.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[4], default);

        await rig.SendAsync(type, stream, new byte[size]);

        (await rig.ShouldEndAsync()).ShouldBe(
            $"Expected a message of at most 1024 bytes (limit MaxMessageSize), got one of 1025 on stream {stream}.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(15)]
    public async Task Frame_of_an_unknown_type_ends_the_session(byte type)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync((FrameType)type, 1, 1);

        (await rig.ShouldEndAsync()).ShouldBe($"Expected a frame of a known type (1 to 3 or 5 to 11), got type {type}.");
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(2ul)]
    [InlineData(1000ul)]
    public async Task Call_on_a_stream_id_of_the_other_side_ends_the_session(ulong stream)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync(FrameType.Call, stream, 1, 2, 3, 4);

        (await rig.ShouldEndAsync()).ShouldBe($"Expected CALL on a stream id of the peer above 0, got it on {stream}.");
    }

    [Theory]
    [InlineData(5ul)]
    [InlineData(3ul)]
    [InlineData(1ul)]
    public async Task Call_on_a_used_stream_id_ends_the_session(ulong stream)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(5);

        await rig.SendAsync(FrameType.Call, stream, 1, 2, 3, 4);

        (await rig.ShouldEndAsync()).ShouldBe($"Expected CALL on a stream id of the peer above 5, got it on {stream}.");
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(2ul)]
    public async Task Call_on_a_used_stream_id_after_a_fragment_ends_the_session(ulong stream)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1);
        await rig.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[4], default);

        await rig.SendAsync(FrameType.Fragment, stream, 1, 2, 3);
        await rig.SendAsync(FrameType.Call, stream, 4);

        (await rig.ShouldEndAsync()).ShouldStartWith("Expected ");
    }

    [Theory]
    [InlineData(0ul, new byte[] { 1 })]
    [InlineData(7ul, new byte[] { })]
    [InlineData(7ul, new byte[] { 0 })]
    [InlineData(7ul, new byte[] { 4 })]
    [InlineData(7ul, new byte[] { 1, 2 })]
    public async Task Malformed_reference_frame_ends_the_session(ulong number, byte[] body)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync(FrameType.Reference, number, body);

        (await rig.ShouldEndAsync()).ShouldBe(
            "Expected REFERENCE for an id above 0 with a body of 1 (retain), 2 (release) or 3 (refuse), "
                + $"got {body.Length} bytes for id {number}.");
    }

    [Fact]
    public async Task Reference_frame_for_an_unknown_reference_is_passed_on()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync(FrameType.Reference, 7, 1);
        await rig.SendAsync(FrameType.Reference, 7, 2);

        await rig.ShouldBeAliveAsync();
        rig.Acceptor.References.ShouldBe([(7, ReferenceChange.Retain), (7, ReferenceChange.Release)]);
    }

    [Fact]
    public async Task Fragment_on_an_unopened_stream_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync(FrameType.Fragment, 2, 1, 2, 3);

        (await rig.ShouldEndAsync()).ShouldBe("Expected Fragment on a stream that was opened, got it on 2.");
    }

    [Theory]
    [InlineData(FrameType.Reply, 2ul)]
    [InlineData(FrameType.Reply, 1ul)]
    [InlineData(FrameType.Item, 1ul)]
    [InlineData(FrameType.End, 4ul)]
    [InlineData(FrameType.Credit, 7ul)]
    internal async Task Frame_on_an_unopened_stream_ends_the_session(FrameType type, ulong stream)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync(type, stream, 1);

        (await rig.ShouldEndAsync()).ShouldBe($"Expected {type} on a stream that was opened, got it on {stream}.");
    }

    [Fact]
    public async Task Cancel_on_an_unopened_stream_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.SendAsync(FrameType.Cancel, 9, 1);

        (await rig.ShouldEndAsync()).ShouldBe("Expected Cancel on a stream that was opened, got it on 9.");
    }

    [Fact]
    public async Task Reply_on_a_stream_of_the_peer_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1);

        await rig.SendAsync(FrameType.Reply, 1, 0);

        (await rig.ShouldEndAsync()).ShouldBe("Expected REPLY on a stream of this side, got it on the peer's stream 1.");
    }

    [Fact]
    public async Task Compressed_reply_without_agreement_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        var call = new RecordingStream();
        await rig.OpenAsync(call, FrameFlags.End, new byte[4], default);

        await rig.Peer.SendFrameAsync(FrameType.Reply, FrameFlags.Compressed, 2, 0, 0xC0);

        (await rig.ShouldEndAsync()).ShouldBe("Expected no compressed message, since the handshake agreed on none, got one on stream 2.");
        (await call.NextAsync()).ShouldBe("failed Internal");
    }

    [Fact]
    public async Task Call_after_the_highest_stream_id_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(VarInt.MaxValue);

        await rig.SendAsync(FrameType.Call, 1, 1, 2, 3, 4);

        (await rig.ShouldEndAsync()).ShouldBe($"Expected CALL on a stream id of the peer above {VarInt.MaxValue}, got it on 1.");
    }

    [Fact]
    public async Task Cancel_on_a_stream_of_this_side_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.OpenAsync(new RecordingStream(), FrameFlags.End, new byte[4], default);

        await rig.SendAsync(FrameType.Cancel, 2, 1);

        (await rig.ShouldEndAsync()).ShouldContain("Expected CANCEL on a stream of the peer, got it on this side's stream 2");
    }

    [Fact]
    public async Task Item_on_a_unary_stream_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1);

        await rig.SendAsync(FrameType.Item, 1, 0xC0);

        (await rig.ShouldEndAsync()).ShouldBe("Expected no ITEM on stream 1, on which the peer sends no items, got one.");
    }

    [Fact]
    public async Task End_on_a_unary_stream_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1);

        await rig.SendAsync(FrameType.End, 1);

        (await rig.ShouldEndAsync()).ShouldBe("Expected no END on stream 1, on which the peer sends no items, got one.");
    }

    [Fact]
    public async Task Credit_on_a_stream_without_items_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1);

        await rig.SendAsync(FrameType.Credit, 1, 5);

        (await rig.ShouldEndAsync()).ShouldBe("Expected no CREDIT on stream 1, on which this side sends no items, got some.");
    }

    [Theory]
    [InlineData(new byte[] { 0 }, "Expected CREDIT of 1 to 1099511627776 bytes, got 0.")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF },
        "Expected CREDIT of 1 to 1099511627776 bytes, got 4611686018427387903.")]
    [InlineData(new byte[] { }, "Expected CREDIT with one varint, got 0 other bytes.")]
    [InlineData(new byte[] { 0xC0, 1 }, "Expected CREDIT with one varint, got 2 other bytes.")]
    [InlineData(new byte[] { 1, 1 }, "Expected CREDIT with one varint, got 2 other bytes.")]
    public async Task Malformed_credit_ends_the_session(byte[] body, string expected)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1, new RecordingStream(sendWindow: Window));

        await rig.SendAsync(FrameType.Credit, 1, body);

        (await rig.ShouldEndAsync()).ShouldBe(expected);
    }

    [Theory]
    [InlineData(2, 0, 0, "for one-way calls that were sent, got it for 2 of them with 0 bytes of arguments.")]
    [InlineData(63, 0, 0, "for one-way calls that were sent, got it for 63 of them with 0 bytes of arguments.")]
    [InlineData(0, 1, 0, "for one-way calls that were sent, got it for 0 of them with 1 bytes of arguments.")]
    [InlineData(0, 0, 1, "for items that were sent, at most 0 bytes, got it for 1 bytes.")]
    [InlineData(0, 0, 0, "with three varints that are not all 0, got 3 other bytes.")]
    public async Task Session_credit_for_what_was_not_sent_ends_the_session(byte count, byte arguments, byte items, string expected)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        rig.Multiplexer.TryOpen(new RecordingStream(), FrameFlags.End | FrameFlags.OneWay, [1, 2, 3, 4]).ShouldBeTrue();

        await rig.SendAsync(FrameType.Credit, 0, count, arguments, items);

        (await rig.ShouldEndAsync()).ShouldBe("Expected CREDIT on stream 0 " + expected);
    }

    [Fact]
    public async Task Credit_above_its_maximum_in_sum_ends_the_session()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1, new RecordingStream(sendWindow: Window));

        await rig.SendAsync(FrameType.Credit, 1, Wire.VarInt(1ul << 40));

        (await rig.ShouldEndAsync()).ShouldStartWith("Expected CREDIT that adds up to at most 1099511627776 bytes");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(1000)]
    public async Task Cancel_with_a_malformed_body_ends_the_session(int size)
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();
        await rig.CallAsync(1);

        await rig.SendAsync(FrameType.Cancel, 1, new byte[size]);

        (await rig.ShouldEndAsync()).ShouldBe($"Expected CANCEL with a body of 1 byte, got {size}.");
    }

    [Fact]
    public async Task Frames_after_a_malformed_one_have_no_effect()
    {
        await using MultiplexerRig rig = await MultiplexerRig.StartAsync();

        await rig.Peer.SendAsync(
            RecordType.Data,
            [.. Wire.Frame(FrameType.Reply, FrameFlags.None, 2, 1), .. Wire.Frame(FrameType.Call, FrameFlags.End, 1, 1, 2, 3, 4)]);

        await rig.ShouldEndAsync();
        rig.Acceptor.Streams.ShouldBeEmpty();
    }
}
