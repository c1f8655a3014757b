using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>
/// With arbitrary bytes, the parsers return or throw <see cref="TunnelProtocolException"/>, and allocate no more than the length of the
/// input justifies.
/// </summary>
public sealed class ParserFuzzTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    private static readonly byte[] RecordedRecords =
    [
        .. Wire.Record(RecordType.Data, [.. Enumerable.Range(0, 60).Select(i => (byte)i)]),
        .. Wire.Number(RecordType.Ack, 60),
        .. Wire.Number(RecordType.Ping, 1),
        .. Wire.Record(RecordType.Pad, new byte[20]),
        .. Wire.Record(RecordType.Data, 1, 2, 3),
        .. Wire.Number(RecordType.Pong, 1),
        .. Wire.Record(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 3, "bye").ToPayload()),
    ];

    private static readonly PeerLimits Limits = new(1 << 18, 1 << 22, 4096, 1 << 24, 1 << 26);

    private static readonly SessionTicket Ticket = new(Guid.NewGuid(), new byte[32], TimeSpan.FromMinutes(2));

    private static readonly byte[][] RecordedPayloads =
    [
        new Hello(1, 1, SessionFeatures.Brotli, Guid.NewGuid(), Limits, null).ToPayload(),
        new Hello(1, 1, 0, Guid.NewGuid(), Limits, new ResumeRequest(Guid.NewGuid(), 2, 100, new byte[32])).ToPayload(),
        new Welcome(1, 0, Guid.NewGuid(), Guid.NewGuid(), Limits, Guid.NewGuid(), 1, 0, Ticket).ToPayload(),
        new Welcome(1, 0, Guid.NewGuid(), Guid.NewGuid(), Limits, Guid.NewGuid(), 2, 99, null).ToPayload(),
        new Refusal(TunnelStatus.Unavailable, TimeSpan.FromSeconds(5), "full").ToPayload(),
        new CloseMessage(TunnelStatus.Ok, 9, "bye").ToPayload(),
    ];

    [Fact]
    public void RecordParser_with_arbitrary_bytes_parses_or_refuses() => Check(30_000, random =>
    {
        byte[] bytes = random.Next(4) == 0 ? Mutation.Random(random, 300) : Mutation.Of(random, RecordedRecords);
        var handler = new CountingHandler();
        var parser = new RecordParser();
        var unparsed = new List<byte>();
        foreach (byte[] piece in Mutation.Split(random, bytes))
        {
            unparsed.AddRange(piece);
            int taken = parser.Parse(unparsed.ToArray(), handler);
            unparsed.RemoveRange(0, taken);
            unparsed.Count.ShouldBeLessThan(TunnelRpc.Sessions.RecordHeader.Size + TunnelRpc.Sessions.RecordHeader.MaxControlPayloadSize);
        }

        handler.Data.ShouldBe(parser.ReceivedOffset);
        handler.Data.ShouldBeLessThanOrEqualTo(bytes.Length);
    });

    [Fact]
    public void FrameParser_with_arbitrary_bytes_parses_or_refuses() => Check(30_000, random =>
    {
        byte[] bytes = random.Next(4) == 0 ? Mutation.Random(random, 300) : Mutation.Of(random, RecordedFrames.FromClient);
        var parser = new FrameParser(new FrameRecorder());
        foreach (byte[] piece in Mutation.Split(random, bytes))
        {
            parser.Parse(piece);
        }
    });

    [Fact]
    public void Handshake_payload_with_arbitrary_bytes_is_parsed_or_refused() => Check(40_000, random =>
    {
        byte[] bytes = random.Next(8) == 0
            ? Mutation.Random(random, 200)
            : Mutation.Of(random, RecordedPayloads[random.Next(RecordedPayloads.Length)]);
        switch (random.Next(4))
        {
            case 0:
                Hello.Parse(bytes);
                break;
            case 1:
                Welcome.Parse(bytes);
                break;
            case 2:
                Refusal.Parse(bytes);
                break;
            default:
                CloseMessage.Parse(bytes);
                break;
        }
    });

    [Fact]
    public void FailureBody_with_arbitrary_bytes_is_read_or_refused() => Check(10_000, random =>
    {
        var recorded = new System.Buffers.ArrayBufferWriter<byte>();
        var detail = new TunnelFaultDetail("Some.Type", new byte[] { 0x80 });
        FailureBody.Write(recorded, 64 << 10, TunnelStatus.NotFound, "nothing there", detail);

        FailureBody.Read(Mutation.Of(random, recorded.WrittenSpan.ToArray())).Status.ShouldNotBe(TunnelStatus.Ok);
    });

    [Fact]
    public void CallMetadata_with_arbitrary_bytes_is_read_or_refused()
    {
        var recorded = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(recorded);
        new CallMetadata
        {
            Timeout = TimeSpan.FromSeconds(3),
            Headers = new TunnelHeaders { ["tenant"] = "acme", ["trace"] = "00-4bf92f3577b34da6-01" },
            Priority = TunnelPriority.High,
            ReferenceId = 7,
            ChainId = 0x0123_4567_89AB_CDEF,
            HeldServices = ["Acme.ILedger", "Acme.IAccount#3"],
        }.Write(ref writer);
        writer.Flush();
        byte[] whole = recorded.WrittenSpan.ToArray();

        Check(30_000, random =>
        {
            var reader = new MessagePackReader(random.Next(4) == 0 ? Mutation.Random(random, 200) : Mutation.Of(random, whole));
            try
            {
                CallMetadata.Read(ref reader).HeldServices.Count.ShouldBeLessThanOrEqualTo(64);
            }
            catch (MessagePackException)
            {
                // The call fails with this exception.
            }
        });
    }

    private static void Check(int cases, Action<Random> parse) =>
        Prop.ForAll(Seeds, seed =>
        {
            var random = new Random(seed);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                parse(random);
            }
            catch (TunnelProtocolException error)
            {
                error.Message.ShouldStartWith("Expected ");
            }

            // No input is longer than a few hundred bytes. A length on the wire must not be allocated before its bytes are received. The
            // limit includes the allocations of the test and of exceptions.
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(256 << 10);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(cases)).WithQuietOnSuccess(true));

    private sealed class CountingHandler : IRecordHandler
    {
        public long Data { get; private set; }

        public void OnStart(ulong offset)
        {
        }

        public void OnData(ReadOnlySpan<byte> data) => Data += data.Length;

        public void OnAck(ulong offset)
        {
        }

        public void OnPing(ulong nonce)
        {
        }

        public void OnPong(ulong nonce)
        {
        }

        public void OnClose(CloseMessage close)
        {
        }
    }
}
