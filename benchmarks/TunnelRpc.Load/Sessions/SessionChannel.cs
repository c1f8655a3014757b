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
/// Sends the same frames through a session, with retransmission buffer and acknowledgements. It writes as the multiplexing layer does, so
/// that the difference to <see cref="Raw.RawChannel"/> is the cost of the session.
/// </summary>
internal sealed class SessionChannel : FrameChannel, ISessionHandler
{
    private readonly TunnelSession _session;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Used only by the reader: the start of a frame that has not arrived completely.
    private readonly byte[] _partialFrame = new byte[HeadSize + MaxFrameSize];
    private int _partialFrameLength;

    // Set by the waiter, and exchanged with null by the thread that completes it.
    private TaskCompletionSource? _waiter;

    public SessionChannel(Socket socket, bool isClient)
    {
        var options = new TunnelServerOptions();
        var stream = new NetworkStream(socket, ownsSocket: true);
        var connection = new StreamTransportConnection(stream, new TransportConnectionInfo("tcp"), _ => stream.Dispose());
        var ticket = new SessionTicket(Guid.NewGuid(), new byte[32], options.ResumeWindow);
        var info = new SessionParameters(isClient, ticket, PeerLimits.From(options.Limits), 1, Guid.NewGuid(), connection.Info)
        {
            Features = SessionHandshake.GetFeatures(options),
        };
        _session = new TunnelSession(info, connection, new ReceiveBuffer(connection), options);
        _session.SetHandler(this);
    }

    public override bool IsFull => !_session.Writer.HasCapacity(0);

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

    public override ValueTask WaitForCapacityAsync()
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _waiter, waiter);
        OnCapacityAvailable();
        return new(waiter.Task);
    }

    public override void Send(FrameKind kind, uint id, Sample sample, bool alone)
    {
        Span<byte> frame = stackalloc byte[HeadSize + MaxFrameSize];
        int size = Encode(frame, kind, id, sample);
        _session.Writer.TryAppend(frame[..size], default, out bool mustFlush, FrameTraffic.Small);
        if (mustFlush)
        {
            _session.Writer.Flush(inline: alone);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _session.End(new TunnelException(TunnelStatus.Unavailable, "The measurement has ended."));
        await _session.Completion;
    }

    ulong ISessionHandler.StopAcceptingCalls() => 0;

    void ISessionHandler.OnData(ReadOnlySpan<byte> data)
    {
        while (_partialFrameLength > 0 && data.Length > 0)
        {
            // First the header, which contains the length, and then the body.
            int taken = Math.Min(MissingBytes(), data.Length);
            data[..taken].CopyTo(_partialFrame.AsSpan(_partialFrameLength));
            _partialFrameLength += taken;
            data = data[taken..];
            if (Parse(_partialFrame.AsSpan(0, _partialFrameLength)) > 0)
            {
                _partialFrameLength = 0;
            }
        }

        data = data[Parse(data)..];
        data.CopyTo(_partialFrame.AsSpan(_partialFrameLength));
        _partialFrameLength += data.Length;
    }

    public void OnCapacityAvailable()
    {
        if (Volatile.Read(ref _waiter) is not null && !IsFull)
        {
            Release();
        }
    }

    void ISessionHandler.OnEnded(SessionEnd end)
    {
        _ended.TrySetResult();
        Release();
    }

    private void Release() => Interlocked.Exchange(ref _waiter, null)?.TrySetResult();

    private int MissingBytes() => _partialFrameLength < HeadSize
        ? HeadSize - _partialFrameLength
        : HeadSize + BinaryPrimitives.ReadInt32LittleEndian(_partialFrame) - _partialFrameLength;
}
