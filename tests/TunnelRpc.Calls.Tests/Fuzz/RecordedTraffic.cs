using System.Buffers;
using TunnelRpc.Client;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>The frames of sessions in which both sides follow the protocol and make calls of every shape.</summary>
internal sealed class RecordedTraffic
{
    private RecordedTraffic(IReadOnlyList<RecordedFrame> up, IReadOnlyList<RecordedFrame> down)
    {
        Up = up;
        Down = down;
    }

    public IReadOnlyList<RecordedFrame> Up { get; }

    public IReadOnlyList<RecordedFrame> Down { get; }

    /// <summary>
    /// Records two sessions: the frames of a client whose server makes its calls first, and the frames of a server whose client makes its
    /// calls first. The receiver of the frames must start with the same calls, so that the stream ids match the recording.
    /// </summary>
    public static async Task<RecordedTraffic> RecordAsync(TunnelCompression compression)
    {
        await using FuzzServer server = await FuzzServer.StartAsync(compression);
        TapTransport up = await RecordAsync(server, serverFirst: true);
        TapTransport down = await RecordAsync(server, serverFirst: false);
        return new RecordedTraffic(Frames(up.Up), Frames(down.Down));
    }

    private static async Task<TapTransport> RecordAsync(FuzzServer server, bool serverFirst)
    {
        var tap = new TapTransport(server.Transport);
        TunnelClient client = await server.ConnectAsync(tap);
        for (int round = 0; round < 2; round++)
        {
            Task[] calls = (round == 0) == serverFirst
                ? server.CallClient(client.SessionId!)
                : EveryShape.Start(FuzzStubs.Of(client));
            foreach (Task call in calls)
            {
                await EveryShape.EndAsync(call, "recording");
            }
        }

        await client.DisposeAsync();
        return tap;
    }

    private static List<RecordedFrame> Frames(List<byte> bytes)
    {
        var frames = new FrameCollector();
        var parser = new FrameParser(frames);
        ReadOnlySpan<byte> remaining = bytes.ToArray();
        while (remaining.Length >= Sessions.RecordHeader.Size)
        {
            (RecordType type, int length) = Sessions.RecordHeader.Read(remaining);
            if (type == RecordType.Data)
            {
                parser.Parse(remaining.Slice(Sessions.RecordHeader.Size, length));
            }

            remaining = remaining[(Sessions.RecordHeader.Size + length)..];
        }

        return frames.Frames;
    }

    private sealed class FrameCollector : IFrameHandler
    {
        public List<RecordedFrame> Frames { get; } = [];

        public void OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body) =>
            Frames.Add(new RecordedFrame(type, flags, stream, body.ToArray()));
    }

    /// <summary>Records the bytes of both directions. Each list has a single writer: the reader or the writer of the connection.</summary>
    private sealed class TapTransport(ITransport inner) : ITransport
    {
        public string Name => inner.Name;

        public List<byte> Up { get; } = [];

        public List<byte> Down { get; } = [];

        public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
            new TapConnection(await inner.ConnectAsync(endpoint, cancellationToken), this);
    }

    private sealed class TapConnection(ITransportConnection connection, TapTransport tap) : ITransportConnection
    {
        public TransportConnectionInfo Info => connection.Info;

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int count = await connection.ReadAsync(buffer, cancellationToken);
            tap.Down.AddRange(buffer.Span[..count]);
            return count;
        }

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        {
            tap.Up.AddRange(data.ToArray());
            return connection.WriteAsync(data, cancellationToken);
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
