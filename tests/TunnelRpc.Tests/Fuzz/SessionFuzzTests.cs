using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Multiplexing;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Tests.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>
/// A real session and multiplexer that receive random and mutated frames. The session continues, or ends with a protocol error. It never
/// ends with an unexpected exception, which would be <see cref="TunnelStatus.Internal"/> without "Expected".
/// </summary>
public sealed class SessionFuzzTests
{
    private static readonly int Cases = FuzzBudget.Of(5_000);

    [Fact]
    public async Task Session_with_arbitrary_bytes_continues_or_ends_with_a_reason()
    {
        int ended = 0;
        int survived = 0;
        for (int seed = 0; seed < Cases; seed++)
        {
            (await FeedAsync(seed) ? ref survived : ref ended)++;
        }

        ended.ShouldBeGreaterThan(Cases / 10);
        survived.ShouldBeGreaterThan(Cases / 100);
    }

    [Fact]
    public void Multiplexer_with_arbitrary_frames_throws_protocol_errors_only()
    {
        Arbitrary<int> seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

        Prop.ForAll(seeds, seed =>
        {
            var random = new Random(seed);
            byte[] bytes = Bytes(random);
            (EndRecorder sink, TunnelSession session) = CreateSession(new ScriptedConnection([]));
            byte[][] pieces = [.. Mutation.Split(random, bytes)];
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                foreach (byte[] piece in pieces)
                {
                    sink.OnData(piece);
                }
            }
            catch (TunnelProtocolException error)
            {
                error.Message.ShouldStartWith("Expected ");
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(512 << 10);
            session.End(new TunnelException(TunnelStatus.Unavailable, "The case is over."));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(20_000)).WithQuietOnSuccess(true));
    }

    private static async Task<bool> FeedAsync(int seed)
    {
        var random = new Random(seed);
        byte[] frames = Bytes(random);
        byte[] records = Wire.Record(RecordType.Data, frames);
        if (random.Next(3) == 0)
        {
            records = Mutation.Of(random, [.. records, .. Wire.Number(RecordType.Ack, 5), .. Wire.Number(RecordType.Ping, 5)]);
        }

        var connection = new ScriptedConnection([.. Mutation.Split(random, records)]);
        (EndRecorder sink, TunnelSession session) = CreateSession(connection);
        connection.Begin();
        await session.Completion.DefaultTimeout();

        // The path ends after the last byte: a session without a protocol error ends with its path.
        string reason = sink.Error.ShouldNotBeNull().Message;
        const string Ends = "The peer violated the protocol, so this side closed the tunnel: |The path to the peer was lost: "
            + "|The peer closed the tunnel: ";
        reason.ShouldMatch($"^({Ends})", $"seed {seed}");
        if (sink.Error is not TunnelProtocolException)
        {
            return true;
        }

        reason.ShouldEndWith(connection.Close.ShouldNotBeNull($"seed {seed}").Reason);
        return false;
    }

    private static byte[] Bytes(Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                return Mutation.Random(random, 400);
            case 1:
                return Mutation.Of(random, RecordedFrames.FromClient);
            case 2:
                // Complete frames in another order.
                byte[][] shuffled = [.. RecordedFrames.Frames];
                random.Shuffle(shuffled);
                return [.. shuffled.SelectMany(f => f)];
            default:
                // Well-formed frames of any kind.
                return [.. Enumerable.Range(0, random.Next(1, 30)).SelectMany(_ => Wire.Frame(
                    (FrameType)random.Next(1, 9),
                    (FrameFlags)(random.Next(16) << 4),
                    (ulong)random.Next(0, 10),
                    Mutation.Random(random, 40)))];
        }
    }

    private static (EndRecorder Sink, TunnelSession Session) CreateSession(ITransportConnection connection)
    {
        var options = new TunnelServerOptions { TimeProvider = new FakeTimeProvider() };
        options.Compression.Algorithm = TunnelCompression.Brotli;
        options.Limits.MaxConcurrentCalls = 8;
        options.Limits.MaxMessageSize = 2048;
        options.Limits.MaxPartialMessageBytes = 4096;
        TunnelSession session = SessionFactory.Create(isClient: false, connection, options);
        var acceptor = new RecordingAcceptor { NewStream = () => new RecordingStream(receiveWindow: 1024, sendWindow: 1024) };
        var multiplexer = new Multiplexer(session, options, acceptor);
        acceptor.Multiplexer = multiplexer;
        var sink = new EndRecorder(multiplexer);
        session.Start(sink);

        // Two calls of this side: one unary, one duplex.
        multiplexer.TryOpen(new RecordingStream(), FrameFlags.End, [1, 2, 3, 4]).ShouldBeTrue();
        multiplexer.TryOpen(new RecordingStream(receiveWindow: 1024, sendWindow: 1024), FrameFlags.None, [1, 2, 3, 4]).ShouldBeTrue();
        return (sink, session);
    }
}
