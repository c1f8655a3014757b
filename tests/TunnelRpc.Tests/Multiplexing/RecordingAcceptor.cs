using System.Collections.Concurrent;
using System.Threading.Channels;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>Accepts every call of the peer with a stream that the test creates, and runs nothing.</summary>
internal sealed class RecordingAcceptor : IStreamAcceptor
{
    private readonly Channel<ReceivedFrame> _calls = Channel.CreateUnbounded<ReceivedFrame>();

    public ConcurrentDictionary<ulong, RecordingStream> Streams { get; } = new();

    /// <summary>The multiplexer; set after its creation.</summary>
    public Multiplexer Multiplexer { get; set; } = null!;

    /// <summary>Creates the stream of each call.</summary>
    public Func<RecordingStream> NewStream { get; set; } = () => new RecordingStream();

    /// <summary>Waits for the next call.</summary>
    public Task<ReceivedFrame> NextAsync() => _calls.Reader.ReadAsync().DefaultTimeout();

    public void OnCall(
        ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, ref PartialMessage? owner, ref IncomingCallLimiter.Permit permit)
    {
        RecordingStream accepted = NewStream();
        accepted.IncomingPermit = permit.Move();
        Streams[stream] = accepted;
        Multiplexer.Accept(accepted, stream);
        _calls.Writer.TryWrite(new ReceivedFrame(FrameType.Call, flags, stream, body.ToArray()));
    }

    /// <summary>The calls that could not be decompressed.</summary>
    public ConcurrentQueue<(ulong Stream, TunnelException Error)> Unreadable { get; } = new();

    public void OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error, ref IncomingCallLimiter.Permit permit)
    {
        Unreadable.Enqueue((stream, error));
        permit.Dispose();
        Multiplexer.Refuse(stream, error.Status, error.Message);
    }

    /// <summary>The one-way calls that exceeded the limit of running calls.</summary>
    public ConcurrentQueue<ulong> Excess { get; } = new();

    public void OnExcessOneWayCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, string reason) => Excess.Enqueue(stream);

    /// <summary>The REFERENCE frames of the peer, in order.</summary>
    public Queue<(long Number, ReferenceChange Change)> References { get; } = new();

    /// <summary>The number of calls of OnDraining.</summary>
    public int DrainCount { get; private set; }

    public void OnDraining() => DrainCount++;

    /// <summary>The reports of calls that wait for long.</summary>
    public ConcurrentQueue<int> LongWaits { get; } = new();

    public void OnLongWaits(int count) => LongWaits.Enqueue(count);

    public void OnLateCancel(ulong stream)
    {
        // No reply of these tests has references.
    }

    public void OnReference(long number, ReferenceChange change) => References.Enqueue((number, change));
}
