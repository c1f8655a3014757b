using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Load.Sessions;

/// <summary>
/// The same frames through a session, with replay and acknowledgement, written as the layer above it does: what the session costs is
/// the difference.
/// </summary>
internal sealed class SessionChannel : FrameChannel, ISessionSink
{
    private readonly TunnelSession _session;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The reader's: the beginning of a frame whose rest has not come yet.
    private readonly byte[] _begun = new byte[HeadSize + MaxFrameSize];
    private int _begunLength;

    // Set by who waits, taken by who completes it.
    private TaskCompletionSource? _waiting;

    public SessionChannel(Socket socket, bool isClient)
    {
        var options = new TunnelOptions();
        var stream = new NetworkStream(socket, ownsSocket: true);
        var connection = new StreamTransportConnection(stream, new TransportConnectionInfo("tcp"), _ => stream.Dispose());
        var ticket = new SessionTicket(Guid.NewGuid(), new byte[32], options.ResumeWindow);
        var info = new SessionInfo(isClient, ticket, PeerLimits.From(options.Limits), 1, Guid.NewGuid(), connection.Info) { Features = SessionHandshake.FeaturesOf(options) };
        _session = new TunnelSession(info, connection, new RecordInput(connection), options);
        _session.Attach(this);
    }

    public override bool IsFull => !_session.HasRoom(0);

    public static async Task<SessionChannel> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server);
            return new SessionChannel(socket, isClient: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override Task ReadAsync()
    {
        _session.Start();
        return _ended.Task;
    }

    public override ValueTask WaitForRoomAsync()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _waiting, waiting);
        OnRoom();
        return new(waiting.Task);
    }

    public override void Send(FrameKind kind, uint id, Sample sample, bool alone)
    {
        Span<byte> frame = stackalloc byte[HeadSize + MaxFrameSize];
        int size = Encode(frame, kind, id, sample);
        bool flush;
        lock (_session.Gate)
        {
            flush = _session.WriteLocked(frame[..size]) && _session.BeginFlushLocked();
        }

        if (flush)
        {
            _session.Flush(inline: alone);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _session.End(new TunnelException(TunnelStatus.Unavailable, "The measurement is over."));
        await _session.Completion;
    }

    ulong ISessionSink.StopAccepting() => 0;

    void ISessionSink.OnData(ReadOnlySpan<byte> data)
    {
        while (_begunLength > 0 && data.Length > 0)
        {
            // First its head, which tells its length, then its body.
            int taken = Math.Min(Missing(), data.Length);
            data[..taken].CopyTo(_begun.AsSpan(_begunLength));
            _begunLength += taken;
            data = data[taken..];
            if (Parse(_begun.AsSpan(0, _begunLength)) > 0)
            {
                _begunLength = 0;
            }
        }

        data = data[Parse(data)..];
        data.CopyTo(_begun.AsSpan(_begunLength));
        _begunLength += data.Length;
    }

    public void OnRoom()
    {
        if (Volatile.Read(ref _waiting) is not null && !IsFull)
        {
            Release();
        }
    }

    void ISessionSink.OnEnded(SessionEnd end)
    {
        _ended.TrySetResult();
        Release();
    }

    private void Release() => Interlocked.Exchange(ref _waiting, null)?.TrySetResult();

    private int Missing() => _begunLength < HeadSize
        ? HeadSize - _begunLength
        : HeadSize + BinaryPrimitives.ReadInt32LittleEndian(_begun) - _begunLength;
}
