using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Sessions;

public sealed class RecordParserTests
{
    private readonly RecordParser _parser = new();
    private readonly RecordRecorder _records = new();

    [Fact]
    public void Records_split_at_any_offset_are_parsed()
    {
        byte[] bytes =
        [
            .. Wire.Record(RecordType.Data, 1, 2, 3, 4, 5),
            .. Wire.Number(RecordType.Ack, 300),
            .. Wire.Record(RecordType.Pad, 9, 9, 9),
            .. Wire.Record(RecordType.Data),
            .. Wire.Record((RecordType)0xC7, 1, 2),
            .. Wire.Number(RecordType.Ping, 11),
            .. Wire.Record(RecordType.Data, 6, 7),
            .. Wire.Number(RecordType.Pong, 12),
            .. Wire.Record(RecordType.Close, new CloseMessage(TunnelStatus.Unavailable, 5, "bye").ToPayload()),
        ];

        for (int split = 0; split <= bytes.Length; split++)
        {
            var parser = new RecordParser();
            var records = new RecordRecorder();
            int taken = parser.Parse(bytes.AsSpan(0, split), records);
            taken += parser.Parse(bytes.AsSpan(taken), records);

            taken.ShouldBe(bytes.Length);
            records.Data.ShouldBe([1, 2, 3, 4, 5, 6, 7]);
            records.Events.ShouldBe(["ack 300", "ping 11", "pong 12", "close Unavailable 5 bye"]);
            parser.ReceivedOffset.ShouldBe(7);
        }
    }

    [Fact]
    public void Records_received_byte_by_byte_are_parsed()
    {
        byte[] bytes = [.. Wire.Record(RecordType.Data, 1, 2, 3), .. Wire.Record((RecordType)0xFF, 4), .. Wire.Number(RecordType.Ack, 9)];
        var unparsed = new List<byte>();

        foreach (byte next in bytes)
        {
            unparsed.Add(next);
            unparsed.RemoveRange(0, _parser.Parse(unparsed.ToArray(), _records));
        }

        unparsed.ShouldBeEmpty();
        _records.Data.ShouldBe([1, 2, 3]);
        _records.Events.ShouldBe(["ack 9"]);
    }

    [Fact]
    public void Data_is_passed_to_the_handler_before_its_record_is_complete()
    {
        byte[] header = new byte[RecordHeader.Size];
        RecordHeader.Write(header, RecordType.Data, RecordHeader.MaxPayloadSize);

        _parser.Parse([.. header, 1, 2], _records).ShouldBe(6);

        _records.Data.ShouldBe([1, 2]);
        _parser.ReceivedOffset.ShouldBe(2);
    }

    [Fact]
    public void Received_offset_advances_before_the_handler_runs()
    {
        var handler = new OffsetReader(_parser);

        _parser.Parse(Wire.Record(RecordType.Data, 1, 2, 3), handler);

        handler.ReceivedOffset.ShouldBe(3);
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0xAB)]
    [InlineData(0xFF)]
    public void Unknown_record_with_the_high_bit_set_is_skipped(byte type)
    {
        byte[] large = Wire.Record((RecordType)type, new byte[100_000]);

        _parser.Parse([.. large, .. Wire.Number(RecordType.Ping, 3)], _records).ShouldBe(large.Length + 12);

        _records.Events.ShouldBe(["ping 3"]);
        _parser.ReceivedOffset.ShouldBe(0);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x0C)]
    [InlineData(0x48)]
    [InlineData(0x7F)]
    public void Unknown_record_without_the_high_bit_is_refused(byte type)
    {
        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => { _parser.Parse([type, 0, 0, 0], _records); });

        error.Message.ShouldContain("Expected a record of type 0x01 to 0x0B");
        error.Message.ShouldContain($"0x{type:X2}");
    }

    [Fact]
    public void Control_record_that_is_too_long_is_refused_by_its_header()
    {
        byte[] header = new byte[RecordHeader.Size];
        RecordHeader.Write(header, RecordType.Close, RecordHeader.MaxControlPayloadSize + 1);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => { _parser.Parse(header, _records); });

        error.Message.ShouldBe("Expected a Close record of at most 4096 bytes, got one of 4097.");
    }

    [Theory]
    [InlineData(RecordType.Ack, 7)]
    [InlineData(RecordType.Ack, 9)]
    [InlineData(RecordType.Ping, 0)]
    [InlineData(RecordType.Pong, 4)]
    internal void Control_record_that_is_not_8_bytes_long_is_refused(RecordType type, int size)
    {
        byte[] record = Wire.Record(type, new byte[size]);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => { _parser.Parse(record, _records); });

        error.Message.ShouldBe($"Expected a {type} record of 8 bytes, got one of {size}.");
    }

    [Theory]
    [InlineData(RecordType.Hello)]
    [InlineData(RecordType.Welcome)]
    [InlineData(RecordType.Confirm)]
    [InlineData(RecordType.Ready)]
    [InlineData(RecordType.Refuse)]
    [InlineData(RecordType.Start)]
    internal void Handshake_record_is_refused_in_a_session(RecordType type)
    {
        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => { _parser.Parse(Wire.Record(type), _records); });

        error.Message.ShouldBe(
            "Expected DATA, ACK, PING, PONG or CLOSE in an established session "
            + $"(or one START first, on a path that the session has migrated to), got {type}.");
    }

    [Fact]
    public void Path_that_continues_a_session_starts_at_the_offset_of_START()
    {
        var parser = new RecordParser(expectsStart: true);
        byte[] input = [.. Wire.Number(RecordType.Ack, 3), .. Wire.Number(RecordType.Start, 70), .. Wire.Record(RecordType.Data, [1, 2])];

        parser.Parse(input, _records).ShouldBe(input.Length);

        _records.Events.ShouldBe(["ack 3", "start 70"]);
        parser.ReceivedOffset.ShouldBe(72);
    }

    [Fact]
    public void Data_before_START_and_a_second_START_are_refused()
    {
        byte[] data = Wire.Record(RecordType.Data, [1]);
        Should.Throw<TunnelProtocolException>(() => { new RecordParser(expectsStart: true).Parse(data, _records); })
            .Message.ShouldBe("Expected START before the first DATA of a path that continues a session, got DATA.");

        byte[] twice = [.. Wire.Number(RecordType.Start, 5), .. Wire.Number(RecordType.Start, 5)];
        Should.Throw<TunnelProtocolException>(() => { new RecordParser(expectsStart: true).Parse(twice, _records); })
            .Message.ShouldEndWith("got Start.");
    }

    private sealed class OffsetReader(RecordParser parser) : IRecordHandler
    {
        public long ReceivedOffset { get; private set; }

        public void OnStart(ulong offset) => throw new InvalidOperationException();

        public void OnData(ReadOnlySpan<byte> data) => ReceivedOffset = parser.ReceivedOffset;

        public void OnAck(ulong offset) => throw new InvalidOperationException();

        public void OnPing(ulong nonce) => throw new InvalidOperationException();

        public void OnPong(ulong nonce) => throw new InvalidOperationException();

        public void OnClose(CloseMessage close) => throw new InvalidOperationException();
    }
}
