using System.Collections.Concurrent;
using System.Threading.Channels;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>Takes every call of the peer, puts it into the table as the test says, and does no work.</summary>
internal sealed class RecordingAcceptor : IStreamAcceptor
{
    private readonly Channel<ReceivedFrame> _calls = Channel.CreateUnbounded<ReceivedFrame>();

    public ConcurrentDictionary<ulong, RecordingStream> Streams { get; } = new();

    /// <summary>Set once it is made.</summary>
    public Multiplexer Multiplexer { get; set; } = null!;

    /// <summary>What each call's stream is like.</summary>
    public Func<RecordingStream> NewStream { get; set; } = () => new RecordingStream();

    /// <summary>The next call.</summary>
    public Task<ReceivedFrame> NextAsync() => _calls.Reader.ReadAsync().DefaultTimeout();

    public void OnCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, ref IncomingCallLimiter.Permit permit)
    {
        RecordingStream accepted = NewStream();
        accepted.IncomingPermit = permit.Move();
        Streams[stream] = accepted;
        Multiplexer.Accept(accepted, stream);
        _calls.Writer.TryWrite(new ReceivedFrame(FrameType.Call, flags, stream, body.ToArray()));
    }

    /// <summary>Calls that could not be decompressed.</summary>
    public ConcurrentQueue<(ulong Stream, TunnelException Error)> Unreadable { get; } = new();

    public void OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error, ref IncomingCallLimiter.Permit permit)
    {
        Unreadable.Enqueue((stream, error));
        permit.Dispose();
        Multiplexer.Refuse(stream, error.Status, error.Message);
    }

    /// <summary>What the peer said of references, in order.</summary>
    public Queue<(long Number, ReferenceChange Change)> References { get; } = new();

    /// <summary>How often it was told that no more calls begin.</summary>
    public int DrainCount { get; private set; }

    public void OnDraining() => DrainCount++;

    public void OnLateCancel(ulong stream)
    {
        // Nothing was passed with any answer.
    }

    public void OnReference(long number, ReferenceChange change) => References.Enqueue((number, change));
}
