using Shouldly;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization.Formatters;
using TunnelRpc.Sessions;
using Xunit;

namespace TunnelRpc.Protocol.Tests;

/// <summary>Tests every vector of docs/protocol.md: the encoder must write its bytes, and the decoder must return its meaning.</summary>
public sealed class GoldenVectorTests
{
    private static readonly PeerLimits Limits = new(262144, 4194304, 4096, 16 << 20, 64 << 20);
    private static readonly Guid ClientNonce = Numbered(0x10);
    private static readonly Guid ServerNonce = Numbered(0x20);
    private static readonly Hello NewSession = new(1, 1, 0, ClientNonce, Limits, null);

    private static readonly Hello Resume = NewSession with
    {
        Resume = new ResumeRequest(Numbered(0x40), 2, 1000, [.. Enumerable.Range(0x80, 32).Select(i => (byte)i)]),
    };

    private static readonly Welcome Welcoming = new(
        1,
        0,
        ClientNonce,
        ServerNonce,
        Limits,
        Numbered(0x30),
        1,
        0,
        new SessionTicket(Numbered(0x40), [.. Enumerable.Range(0x60, 32).Select(i => (byte)i)], TimeSpan.FromSeconds(120)));

    private static readonly byte[] HiCall = CallOf("Acme.IEcho/EchoAsync", 0x91, 0xA2, (byte)'h', (byte)'i');
    private static readonly byte[] HiReply = [0, 0xA2, (byte)'h', (byte)'i'];

    /// <summary>Encodes the meaning of each vector.</summary>
    private static readonly Dictionary<string, Func<byte[]>> Encoders = new()
    {
        ["record-hello"] = () => RecordOf(RecordType.Hello, NewSession.ToPayload()),
        ["record-hello-resume"] = () => RecordOf(RecordType.Hello, Resume.ToPayload()),
        ["record-welcome"] = () => RecordOf(RecordType.Welcome, Welcoming.ToPayload()),
        ["record-confirm"] = () => RecordOf(RecordType.Confirm, ServerNonce.ToByteArray(bigEndian: true)),
        ["record-ready"] = () => RecordOf(RecordType.Ready, []),
        ["record-refuse"] = () =>
            RecordOf(RecordType.Refuse, new Refusal(TunnelStatus.ResourceExhausted, TimeSpan.FromSeconds(5), "full").ToPayload()),
        ["record-data"] = () => RecordOf(RecordType.Data, [1, 2, 3]),
        ["record-ack"] = () => RecordOf(RecordType.Ack, NumberOf(65536)),
        ["record-ping"] = () => RecordOf(RecordType.Ping, NumberOf(7)),
        ["record-start"] = () => RecordOf(RecordType.Start, NumberOf(1000)),
        ["record-pong"] = () => RecordOf(RecordType.Pong, NumberOf(7)),
        ["record-close"] = () => RecordOf(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 5, "bye").ToPayload()),
        ["record-pad"] = () => RecordOf(RecordType.Pad, new byte[4]),
        ["frame-call"] = () => FrameOf(FrameType.Call, FrameFlags.End, 1, HiCall),
        ["frame-call-stream"] = () => FrameOf(FrameType.Call, FrameFlags.None, 3, CallOf("Acme.IEcho/SumAsync", 0x90)),
        ["frame-call-oneway"] = () =>
            FrameOf(FrameType.Call, FrameFlags.End | FrameFlags.OneWay, 5, CallOf("Acme.IEcho/PokeAsync", 0x91, 7)),
        ["frame-reply"] = () => FrameOf(FrameType.Reply, FrameFlags.None, 1, HiReply),
        ["frame-reply-failure"] = () =>
            FrameOf(FrameType.Reply, FrameFlags.None, 1, FailureOf(TunnelStatus.NotFound, "missing", null)),
        ["frame-reply-refused"] = () =>
            FrameOf(FrameType.Reply, ReplyFlags.Refused, 1, FailureOf(TunnelStatus.Unavailable, "drained", null)),
        ["frame-reply-detail"] = () => FrameOf(
            FrameType.Reply,
            FrameFlags.None,
            1,
            FailureOf(TunnelStatus.NotFound, "out", TunnelFaultDetail.Create("test.stock", 7, Int32Formatter.Instance))),
        ["frame-item"] = () => FrameOf(FrameType.Item, FrameFlags.None, 3, [1, 2, 3]),
        ["frame-item-compressed"] = () =>
            FrameOf(FrameType.Item, FrameFlags.Compressed, 3, CompressedOf([.. Enumerable.Repeat((byte)7, 100)])),
        ["frame-end"] = () => FrameOf(FrameType.End, FrameFlags.None, 3, []),
        ["frame-end-failure"] = () => FrameOf(FrameType.End, FrameFlags.None, 2, FailureOf(TunnelStatus.DataLoss, "torn", null)),
        ["frame-cancel"] = () => FrameOf(FrameType.Cancel, FrameFlags.None, 3, [(byte)TunnelStatus.Cancelled]),
        ["frame-credit"] = () => FrameOf(FrameType.Credit, FrameFlags.None, 100, VarIntOf(32768)),
        ["frame-credit-window"] = () => FrameOf(FrameType.Credit, CreditFlags.Window, 100, VarIntOf(262_144)),
        ["frame-blocked"] = () => FrameOf(FrameType.Blocked, FrameFlags.None, 100, []),
        ["frame-call-metadata"] = () => FrameOf(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 7,
        [
            .. CallOf("Acme.IEcho/EchoAsync"),
            .. MetadataOf(new CallMetadata
            {
                Timeout = TimeSpan.FromSeconds(30),
                Headers = new TunnelHeaders { ["tenant"] = "acme" },
                Priority = TunnelPriority.High,
            }),
            .. HiCall[4..],
        ]),
        ["frame-call-reference"] = () => FrameOf(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 9,
            [.. CallOf("Acme.IEcho/PokeAsync"), .. MetadataOf(new CallMetadata { ReferenceId = 5 }), 0x91, 7]),
        ["frame-call-chain"] = () => FrameOf(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 11,
        [
            .. CallOf("Acme.IEcho/PokeAsync"),
            .. MetadataOf(
                new CallMetadata { ChainId = 0x0123456789ABCDEF, ChainDepth = 1, HeldServices = ["Acme.ILedger", "Acme.IAccount#3"] }),
            0x91,
            7,
        ]),
        ["frame-oneway-credit"] = () => FrameOf(
            FrameType.Credit, FrameFlags.None, 0, [.. VarIntOf(1024), .. VarIntOf(65536), .. VarIntOf(8388608)]),
        ["frame-reply-trailers"] = () => FrameOf(FrameType.Reply, FrameFlags.Metadata, 7, [.. TrailersOf("n", "1"), .. HiReply[1..]]),
        ["frame-end-trailers"] = () => FrameOf(FrameType.End, FrameFlags.Metadata, 3, TrailersOf("n", "1")),
        ["frame-reference-keep"] = () => FrameOf(FrameType.Reference, FrameFlags.None, 5, [(byte)ReferenceChange.Retain]),
        ["frame-reference-release"] = () => FrameOf(FrameType.Reference, FrameFlags.None, 5, [(byte)ReferenceChange.Release]),
        ["frame-call-oneway-references"] = () => FrameOf(
            FrameType.Call,
            FrameFlags.End | FrameFlags.Metadata | FrameFlags.OneWay,
            5,
            CallOf("Acme.IEcho/PokeAsync", [.. MetadataOf(new CallMetadata { ReferenceCount = 1 }), 0x91, 7])),
        ["frame-reply-references"] = () => FrameOf(FrameType.Reply, FrameFlags.Metadata, 7, [.. OkStatusOf(1), 7]),
        ["frame-end-references"] = () => FrameOf(FrameType.End, FrameFlags.Metadata, 3, OkStatusOf(2)),
        ["frame-reference-refuse"] = () => FrameOf(FrameType.Reference, FrameFlags.None, 5, [(byte)ReferenceChange.Refuse]),
        ["frame-drain"] = () => FrameOf(FrameType.Drain, FrameFlags.None, 0, "stopping"u8.ToArray()),
        ["frame-fragment"] = () => FrameOf(FrameType.Fragment, FrameFlags.None, 1, [1, 2]),
        ["varint-0"] = () => VarIntOf(0),
        ["varint-63"] = () => VarIntOf(63),
        ["varint-64"] = () => VarIntOf(64),
        ["varint-16383"] = () => VarIntOf(16383),
        ["varint-16384"] = () => VarIntOf(16384),
        ["varint-494878333"] = () => VarIntOf(494878333),
        ["varint-151288809941952652"] = () => VarIntOf(151288809941952652),
        ["method-id"] = () => BigEndian(TunnelMethod.ComputeId("Acme.IEcho/EchoAsync")),
        ["exchange-call"] = () => RecordOf(RecordType.Data, FrameOf(FrameType.Call, FrameFlags.End, 1, HiCall)),
        ["exchange-reply"] = () =>
        [
            .. RecordOf(RecordType.Ack, NumberOf((ulong)FrameOf(FrameType.Call, FrameFlags.End, 1, HiCall).Length)),
            .. RecordOf(RecordType.Data, FrameOf(FrameType.Reply, FrameFlags.None, 1, HiReply)),
        ],
    };

    public static TheoryData<string> Names => [.. GoldenVector.All.Keys];

    public static TheoryData<string> VarInts => [.. GoldenVector.All.Keys.Where(n => n.StartsWith("varint-", StringComparison.Ordinal))];

    [Fact]
    public void Vectors_of_the_page_and_encoders_have_the_same_names() =>
        GoldenVector.All.Keys.Order().ShouldBe(Encoders.Keys.Order());

    [Fact]
    public void Golden_blocks_of_the_page_all_have_a_name_bytes_and_a_meaning() =>
        GoldenVector.Page.Split('\n').Count(line => line.StartsWith("```golden", StringComparison.Ordinal))
            .ShouldBe(GoldenVector.All.Count);

    [Fact]
    public void Parsers_decode_a_call_and_its_reply()
    {
        var handler = new RecordingFrameHandler();
        var frames = new FrameParser(handler);
        var records = new RecordingRecordHandler(frames.Parse);
        byte[] bytes = [.. GoldenVector.All["exchange-call"].Bytes, .. GoldenVector.All["exchange-reply"].Bytes];

        int parsed = new RecordParser().Parse(bytes, records);

        parsed.ShouldBe(bytes.Length);
        handler.Log.ShouldBe(["Call End 1", "Reply None 1"]);
        Convert.ToHexStringLower(handler.Bodies[0]).ShouldBe("d0103ffb91a26869");
        Convert.ToHexStringLower(handler.Bodies[1]).ShouldBe("00a26869");
        records.Log[1].ShouldBe($"ack {GoldenVector.All["frame-call"].Bytes.Length}");
    }

    [Theory]
    [InlineData("record-confirm", RecordType.Confirm, 16)]
    [InlineData("record-ready", RecordType.Ready, 0)]
    [InlineData("record-hello", RecordType.Hello, 47)]
    [InlineData("record-hello-resume", RecordType.Hello, 107)]
    [InlineData("record-welcome", RecordType.Welcome, 138)]
    [InlineData("record-refuse", RecordType.Refuse, 9)]
    internal void RecordHeader_of_handshake_record_has_its_type_and_length(string name, RecordType type, int length)
    {
        byte[] bytes = GoldenVector.All[name].Bytes;

        RecordHeader.Read(bytes).ShouldBe((type, length));
        bytes.Length.ShouldBe(RecordHeader.Size + length);
    }

    [Theory, MemberData(nameof(Names))]
    public void Encoder_writes_the_bytes_of_the_vector(string name) =>
        Convert.ToHexStringLower(Encoders[name]()).ShouldBe(Convert.ToHexStringLower(GoldenVector.All[name].Bytes));

    [Fact]
    public void Handshake_payloads_decode_to_their_values()
    {
        Hello.Parse(Payload("record-hello")).ShouldBe(NewSession);
        Hello resume = Hello.Parse(Payload("record-hello-resume"));
        resume.Resume.ShouldNotBeNull().Proof.ShouldBe(Resume.Resume!.Proof);
        (resume.Resume!.SessionId, resume.Resume.Epoch, resume.Resume.ReceivedOffset).ShouldBe((Numbered(0x40), 2u, 1000ul));
        Welcome welcome = Welcome.Parse(Payload("record-welcome"));
        (welcome with { Ticket = null }).ShouldBe(Welcoming with { Ticket = null });
        (welcome.Ticket!.SessionId, welcome.Ticket.ResumeWindow).ShouldBe((Numbered(0x40), TimeSpan.FromSeconds(120)));
        welcome.Ticket.Key.ShouldBe(Welcoming.Ticket!.Key);
        Refusal.Parse(Payload("record-refuse")).ShouldBe(new Refusal(TunnelStatus.ResourceExhausted, TimeSpan.FromSeconds(5), "full"));
    }

    [Fact]
    public void RecordParser_decodes_the_records_of_a_session()
    {
        var handler = new RecordingRecordHandler();
        string[] names = ["record-data", "record-pad", "record-ack", "record-ping", "record-pong", "record-close"];
        byte[] bytes = [.. names.SelectMany(n => GoldenVector.All[n].Bytes)];

        int parsed = new RecordParser().Parse(bytes, handler);

        parsed.ShouldBe(bytes.Length);
        handler.Log.ShouldBe(["data 010203", "ack 65536", "ping 7", "pong 7", "close Ok 5 bye"]);
    }

    [Fact]
    public void FrameParser_decodes_every_frame()
    {
        var handler = new RecordingFrameHandler();
        string[] names = [.. GoldenVector.All.Keys.Where(n => n.StartsWith("frame-", StringComparison.Ordinal))];
        byte[] bytes = [.. names.SelectMany(n => GoldenVector.All[n].Bytes)];

        new FrameParser(handler).Parse(bytes);

        handler.Log.ShouldBe(
        [
            "Call End 1", "Call None 3", "Call OneWay, End 5", "Reply None 1", "Reply None 1: NotFound missing",
            "Reply OneWay 1: Unavailable drained", "Reply None 1: NotFound out test.stock=7",
            "Item None 3", "End None 3", "End None 2: DataLoss torn", "Cancel None 3", "Credit None 100", "Fragment None 1",
            "Credit End 100", "Blocked None 100",
            "Item Compressed 3", "Call Metadata, End 7", "Call Metadata, End 9", "Call Metadata, End 11", "Credit None 0",
            "Reply Metadata 7", "End Metadata 3", "Reference None 5", "Reference None 5", "Drain None 0",
            "Call OneWay, Metadata, End 5", "Reply Metadata 7", "End Metadata 3", "Reference None 5",
        ], ignoreOrder: true);
    }

    [Fact]
    public void Decompress_returns_the_compressed_message()
    {
        var handler = new RecordingFrameHandler();
        new FrameParser(handler).Parse(GoldenVector.All["frame-item-compressed"].Bytes);

        byte[] rented = CompressedMessage.Decompress(handler.Bodies[0], 100, out int size);

        rented.AsSpan(0, size).ToArray().ShouldBe(Enumerable.Repeat((byte)7, 100));
        System.Buffers.ArrayPool<byte>.Shared.Return(rented);
    }

    [Theory, MemberData(nameof(VarInts))]
    public void VarInt_decodes_its_value_and_size(string name)
    {
        VarInt.TryRead(GoldenVector.All[name].Bytes, out ulong value, out int size).ShouldBeTrue();

        value.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(name["varint-".Length..]);
        size.ShouldBe(GoldenVector.All[name].Bytes.Length);
    }

    private static ReadOnlySpan<byte> Payload(string name) => GoldenVector.All[name].Bytes.AsSpan(RecordHeader.Size);

    private static Guid Numbered(int first) => new([.. Enumerable.Range(first, 16).Select(i => (byte)i)], bigEndian: true);

    private static byte[] RecordOf(RecordType type, byte[] payload)
    {
        byte[] record = new byte[RecordHeader.Size + payload.Length];
        RecordHeader.Write(record, type, payload.Length);
        payload.CopyTo(record, RecordHeader.Size);
        return record;
    }

    private static byte[] FrameOf(FrameType type, FrameFlags flags, ulong stream, byte[] body)
    {
        byte[] head = new byte[Frame.MaxHeaderSize];
        int size = Frame.WriteHeader(head, type, flags, stream, body.Length);
        return [.. head.AsSpan(0, size), .. body];
    }

    private static byte[] CallOf(string method, params byte[] arguments) => [.. BigEndian(TunnelMethod.ComputeId(method)), .. arguments];

    private static byte[] FailureOf(TunnelStatus status, string message, TunnelFaultDetail? detail)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        FailureBody.Write(output, 4096, status, message, detail);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] MetadataOf(CallMetadata metadata)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new Serialization.MessagePackWriter(output);
        metadata.Write(ref writer);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static byte[] CompressedOf(byte[] message)
    {
        CompressedMessage.TryCompress(message, out byte[] rented, out int length).ShouldBeTrue();
        byte[] body = rented[..length];
        System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        return body;
    }

    private static byte[] TrailersOf(string name, string value)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        ReplyBody.WriteOkStatus(output, new TunnelHeaders { [name] = value });
        return output.WrittenSpan.ToArray();
    }

    private static byte[] OkStatusOf(ulong referenceCount)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        ReplyBody.WriteOkStatus(output, null, referenceCount);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] VarIntOf(ulong value)
    {
        byte[] bytes = new byte[VarInt.MaxSize];
        return bytes[..VarInt.Write(bytes, value)];
    }

    private static byte[] NumberOf(ulong value) => [.. BitConverter.GetBytes(value).Reverse()];

    private static byte[] BigEndian(uint value) => [.. BitConverter.GetBytes(value).Reverse()];

    private delegate void DataReader(ReadOnlySpan<byte> data);

    private sealed class RecordingRecordHandler(DataReader? frames = null) : IRecordHandler
    {
        public List<string> Log { get; } = [];

        public void OnStart(ulong offset) => Log.Add($"start {offset}");

        public void OnData(ReadOnlySpan<byte> data)
        {
            Log.Add("data " + Convert.ToHexStringLower(data));
            frames?.Invoke(data);
        }

        public void OnAck(ulong offset) => Log.Add($"ack {offset}");

        public void OnPing(ulong nonce) => Log.Add($"ping {nonce}");

        public void OnPong(ulong nonce) => Log.Add($"pong {nonce}");

        public void OnClose(CloseMessage close) => Log.Add($"close {close.Status} {close.LastAcceptedStream} {close.Reason}");
    }

    private sealed class RecordingFrameHandler : IFrameHandler
    {
        public List<string> Log { get; } = [];

        public List<byte[]> Bodies { get; } = [];

        public void OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body)
        {
            Bodies.Add(body.ToArray());
            string failure = "";
            if (type is FrameType.Reply or FrameType.End && body.Length > 0 && body[0] != 0)
            {
                TunnelException error = FailureBody.Read(body);
                string detail = error.Detail is null ? "" : $" {error.Detail.Type}={error.Detail.Read(Int32Formatter.Instance)}";
                failure = $": {error.Status} {error.Message}{detail}";
            }

            Log.Add($"{type} {flags} {stream}{failure}");
        }
    }
}
