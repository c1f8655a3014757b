using System.Buffers;
using TunnelRpc.Client;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>What both sides of an honest session sent in which each called the other in every way.</summary>
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
    /// Records two sessions: what a client sends to a server that has called first, and what a server sends to a client that has. Whoever is
    /// fed with it must begin with those calls, so that their numbers are the recorded ones.
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
        for (int turn = 0; turn < 2; turn++)
        {
            Task[] calls = (turn == 0) == serverFirst
                ? server.CallClient(client.SessionId!)
                : EveryShape.Start(client.Get<ITestService>(), client.Get<IReferenceService>());
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
        ReadOnlySpan<byte> rest = bytes.ToArray();
        while (rest.Length >= Sessions.RecordHeader.Size)
        {
            (RecordType type, int length) = Sessions.RecordHeader.Read(rest);
            if (type == RecordType.Data)
            {
                parser.Parse(rest.Slice(Sessions.RecordHeader.Size, length));
            }

            rest = rest[(Sessions.RecordHeader.Size + length)..];
        }

        return frames.Frames;
    }

    private sealed class FrameCollector : IFrameHandler
    {
        public List<RecordedFrame> Frames { get; } = [];

        public void OnFrame(FrameType type, FrameFlags flags, ulong stream, ReadOnlySpan<byte> body) =>
            Frames.Add(new RecordedFrame(type, flags, stream, body.ToArray()));
    }

    /// <summary>Keeps what passes. One reader and one writer: each list has one hand on it.</summary>
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
