using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Accounting;
using TunnelRpc.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// An ordered, reliable byte stream each way that can move from one connection to another: records, acknowledgement, keepalive,
/// orderly close. What the layer above writes gathers in the send buffer; one flusher turns it into DATA records.
/// </summary>
/// <remarks>
/// Invariants. ACK, PING, PONG and CLOSE bypass the send buffer, so no parked writer stops them. There is one writer: whoever
/// set <c>_pumping</c> under the gate, until it finds nothing to send; while the session moves, that is who moves it.
/// </remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "What is disposable is disposed when the session is over.")]
internal sealed class TunnelSession : ISendRoom
{
    /// <summary>Unsent bytes past which streams and large messages wait for their turn, so that small calls do not queue behind them.</summary>
    private const int SendBacklog = 64 << 10;

    private readonly TunnelOptions _options;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LazySignal _released;

    // Guarded by Gate.
    private readonly SessionOutput _output;
    private SessionInfo _info;
    private bool _started;
    private bool _ended;

    // Guarded by Gate. From the start, nobody writes before the handshake's last record is out.
    private bool _pumping = true;

    // Written by the reader.
    private long _activeAt;

    private volatile bool _ending;
    private ISessionSink _sink = null!;
    private Acknowledger? _acknowledger;
    private int _endedOnce;

    /// <param name="info">What the handshake agreed on.</param>
    /// <param name="connection">The first path; owned once the session is started.</param>
    /// <param name="input">What has been received behind the handshake; likewise.</param>
    /// <param name="options">This side's.</param>
    /// <param name="budget">What all sessions of this side hold; null where there is one.</param>
    public TunnelSession(SessionInfo info, ITransportConnection connection, RecordInput input, TunnelOptions options, MemoryBudget? budget = null)
    {
        _info = info;
        _options = options;
        Memory = new MemoryAccount(options.Limits.MaxPendingCallBytes, budget);
        _output = new SessionOutput(Memory);
        _activeAt = options.TimeProvider.GetTimestamp();
        Closing = new SessionClosing(this, options);
        Paths = new SessionPaths(this, new SessionPath(this, connection, input, info.Epoch, options), options);
    }

    /// <summary>What the handshake agreed on; its connection is the one that carries the session now.</summary>
    public SessionInfo Info => Volatile.Read(ref _info);

    /// <summary>Guards everything about sending. Held briefly, never across I/O; the layer above may take it to write several pieces as one.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What its paths go by.</summary>
    public TimeProvider Clock => _options.TimeProvider;

    /// <summary>What it holds in memory.</summary>
    public MemoryAccount Memory { get; }

    /// <summary>Where its calls run and end, where streams go on that have waited, and where it is written from behind them.</summary>
    public WorkQueue Work { get; } = new();

    /// <summary>When the peer last sent data or acknowledged some, as a timestamp: answers to pings do not count.</summary>
    public long ActiveAt => Volatile.Read(ref _activeAt);

    /// <summary>How much of the peer's stream has come.</summary>
    public SessionInput Input { get; } = new();

    /// <summary>How it ends in order.</summary>
    public SessionClosing Closing { get; }

    /// <summary>Which path carries the session.</summary>
    public SessionPaths Paths { get; }

    /// <summary>Guarded by <see cref="Gate"/>: how much was written to this side's stream.</summary>
    public long WrittenLocked => _output.Buffer.Written;

    /// <summary>How much of this side's stream was ever sent.</summary>
    public ulong Sent
    {
        get
        {
            lock (Gate)
            {
                return (ulong)_output.Buffer.Sent;
            }
        }
    }

    /// <summary>How much of the peer's stream has come.</summary>
    public ulong Received => (ulong)Input.Received;

    /// <summary>How much of that is not acknowledged; a hint.</summary>
    public long Unacknowledged => Input.Received - _output.Control.AckSent;

    /// <summary>Guarded by <see cref="Gate"/>: its first path runs, so that it can be left.</summary>
    public bool IsStartedLocked => _started;

    /// <summary>Guarded by <see cref="Gate"/>: it is over.</summary>
    public bool IsOverLocked => _ended;

    /// <summary>Guarded by <see cref="Gate"/>: it is over, or about to be.</summary>
    public bool IsEndingLocked => _ended || _output.Close is not null;

    /// <summary>Whether it is over, or about to be; without the gate.</summary>
    public bool IsEnding => _ending;

    /// <summary>Whether it is over, though what belongs to it may still be being released.</summary>
    public bool IsOver => Volatile.Read(ref _endedOnce) != 0;

    /// <summary>Completes, without an exception, when the session is over and everything of it is released.</summary>
    public Task Completion => _released.Task;

    public bool HasRoom(long reserved) =>
        _output.Buffer.Unsent + reserved < SendBacklog && _output.Buffer.Unacked + reserved < _options.Limits.ReplayLimit;

    public bool IsDrained(long reserved) =>
        _output.Buffer.Unsent + reserved < SendBacklog / 2 && _output.Buffer.Unacked + reserved < _options.Limits.ReplayLimit;

    /// <summary>Whether there is more to send than what is being written; a hint.</summary>
    public bool HasUnsent => _output.Buffer.Unsent > 0;

    /// <summary>Whether a small message may be added now, without waiting for others' backlog.</summary>
    public bool HasReplayRoom => _output.Buffer.Unacked < _options.Limits.ReplayLimit;

    /// <summary>Who is told of what comes and of the end; by the layer above, before anybody else has the session.</summary>
    public void Attach(ISessionSink sink) => _sink = sink;

    /// <summary>Starts reading, and writing what has gathered before. Once, when the handshake is complete; ending it before is allowed.</summary>
    public void Start()
    {
        _acknowledger = new Acknowledger(this, _options.TimeProvider);
        lock (Gate)
        {
            _started = true;
        }

        _ = RunAsync();
        Paths.Current.Start();
        Flush(inline: false);
    }

    /// <summary>Adds bytes to the session stream; under <see cref="Gate"/>. False when the session is over.</summary>
    public bool WriteLocked(ReadOnlySpan<byte> bytes)
    {
        if (IsEndingLocked)
        {
            return false;
        }

        _output.Buffer.Write(bytes);
        return true;
    }

    /// <summary>
    /// To be called under <see cref="Gate"/> after writing: true when the caller must call <see cref="Flush"/> once it has left the gate.
    /// </summary>
    public bool BeginFlushLocked() => !_ended && TryTakePumpLocked();

    /// <summary>Makes the caller the one writer, under <see cref="Gate"/>; false when there is one.</summary>
    public bool TryTakePumpLocked()
    {
        if (_pumping)
        {
            return false;
        }

        _pumping = true;
        return true;
    }

    /// <summary>
    /// Sends what has gathered. Inline writes in the caller's frame: the quickest when it is the only one. Otherwise the
    /// pump is queued behind the work that is ready, so that others' messages share its write.
    /// </summary>
    public void Flush(bool inline)
    {
        // The path stays: nobody moves the session before its pump, which the caller owns, has stopped.
        SessionPath path = Paths.Current;
        if (inline)
        {
            path.Pump();
        }
        else
        {
            Work.Add(path);
        }
    }

    /// <summary>Ends the session when its control backlog shows that the peer causes more than it reads; under no lock.</summary>
    public void CheckControlBacklog()
    {
        TunnelLimits limits = _options.Limits;
        if (_output.Buffer.Unacked > (long)limits.ReplayLimit + limits.MaxControlBacklog)
        {
            End(new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"The peer caused more than {limits.MaxControlBacklog} bytes of control frames past the replay limit without acknowledging them (limit MaxControlBacklog)."));
        }
    }

    /// <summary>Ends in order, as <see cref="SessionClosing.CloseAsync"/> says.</summary>
    public Task CloseAsync(TunnelStatus status, string reason) => Closing.CloseAsync(status, reason);

    /// <summary>CLOSE goes out when everything else is; the first one asked for counts.</summary>
    public void RequestClose(TunnelStatus status, string reason)
    {
        var close = new CloseMessage(status, _sink.StopAccepting(), reason);
        _ending = true;
        lock (Gate)
        {
            _output.RequestClose(close);
        }

        RequestFlush();
    }

    /// <summary>Ends at once. The first reason given counts.</summary>
    public void End(TunnelException error)
    {
        if (Interlocked.Exchange(ref _endedOnce, 1) != 0)
        {
            return;
        }

        _ending = true;
        SessionPath path;
        SessionEnd end;
        lock (Gate)
        {
            _ended = true;
            end = new SessionEnd(error, _output.Buffer.Sent, Closing.AcceptedByPeerLocked);
            path = Paths.Current;
            Paths.LeaveLocked(path);
        }

        Closing.OnOut();
        path.Stop();
        _sink.OnEnded(end);
        _over.TrySetResult();
    }

    /// <summary>Ends at once, and tells the peer by CLOSE as far as the path takes it without waiting. False when it is over, or has not begun.</summary>
    public bool Shed(TunnelException reason)
    {
        bool tell;
        lock (Gate)
        {
            if (!_started || IsEndingLocked)
            {
                return false;
            }

            // Whoever pumps is in the middle of a write, or about to begin one, behind which there may be more. Without one there is nothing before CLOSE.
            tell = TryTakePumpLocked();
            if (tell)
            {
                _output.RequestClose(new CloseMessage(reason.Status, _sink.StopAccepting(), reason.Message));
            }
        }

        if (tell)
        {
            Flush(inline: true);
        }

        End(reason);
        return true;
    }

    /// <summary>Gives back what a session holds that was never started.</summary>
    public void Abandon()
    {
        lock (Gate)
        {
            _ended = true;
            _output.Buffer.Release();
        }

        _released.Give();
    }

    /// <summary>Ends by something that should not have happened.</summary>
    public void EndUnexpected(Exception defect) =>
        End(new TunnelException(TunnelStatus.Internal, $"The session ended by an unexpected error: {defect.Message}", defect));

    /// <summary>How the path does now.</summary>
    public SessionProgress Observe()
    {
        lock (Gate)
        {
            SessionPath path = Paths.Current;
            return new SessionProgress(path.Epoch, _output.Buffer.Acked, _output.Buffer.Unacked > 0, path.AwaitsPong, path.Reads, Input.Received);
        }
    }

    /// <summary>The session goes on on <paramref name="next"/>; by who moves it.</summary>
    public void OnMovedLocked(SessionPath next, TransportConnectionInfo connection, ulong acknowledged)
    {
        _info = _info with { Connection = connection, Epoch = next.Epoch };
        _output.OnMoved(acknowledged);
    }

    /// <summary>Reads and writes on the path that the session was moved to; by who moved it.</summary>
    public void StartMoved(SessionPath next)
    {
        next.Start();
        Flush(inline: false);
    }

    /// <summary>Bytes of the peer's stream have come; by the reader of the one path that is read.</summary>
    /// <param name="end">The offset behind them.</param>
    /// <param name="data">The bytes; those that came on an earlier path are passed over.</param>
    public void Receive(long end, ReadOnlySpan<byte> data)
    {
        if (Input.TryAdvance(end, ref data))
        {
            _sink.OnData(data);
        }
    }

    /// <summary>The peer has sent data, or acknowledged some; by the reader.</summary>
    public void OnActive(long timestamp) => Volatile.Write(ref _activeAt, timestamp);

    public void OnAck(ulong offset)
    {
        lock (Gate)
        {
            _output.Buffer.Acknowledge(offset);
        }

        _sink.OnRoom();
    }

    public void OnPing(ulong nonce)
    {
        lock (Gate)
        {
            _output.Control.Pong(nonce);
        }

        RequestFlush();
    }

    /// <summary>A PING is due.</summary>
    public void Ping()
    {
        lock (Gate)
        {
            _output.Control.Ping();
        }

        RequestFlush();
    }

    /// <summary>Asks the peer for a sign of life now: until one comes, <see cref="Observe"/> shows that one is waited for.</summary>
    public void Probe()
    {
        Paths.Current.OnProbe();
        Ping();
    }

    /// <summary>What was composed last is with the network.</summary>
    public void OnWritten()
    {
        bool closeSent;
        lock (Gate)
        {
            closeSent = _output.OnWritten();
        }

        if (closeSent)
        {
            Closing.OnOut();
        }

        _sink.OnRoom();
    }

    /// <summary>Composes the next write: due control records, then DATA; CLOSE once everything else is out. Gives up the pump when there is none.</summary>
    public bool TryTake(SessionPath path, out ReadOnlySequence<byte> batch)
    {
        lock (Gate)
        {
            if (!_ended && !path.IsDown)
            {
                bool any = _output.TryCompose(Input.Received, out batch, out bool isTraffic);
                if (isTraffic)
                {
                    path.OnSent();
                }

                if (any)
                {
                    return true;
                }
            }

            batch = default;
            if (_ended || path.IsDown)
            {
                // Whoever moves the session has the pump now; nobody has it when it is over.
                path.OnPumpIdle();
            }
            else
            {
                _pumping = false;
            }

            return false;
        }
    }

    /// <summary>What the reader had is read.</summary>
    public void OnRead() => _acknowledger!.OnRead();

    private async Task RunAsync()
    {
        await _over.Task.ConfigureAwait(false);
        await _acknowledger!.DisposeAsync().ConfigureAwait(false);
        await Paths.ReleaseAsync().ConfigureAwait(false);
        lock (Gate)
        {
            _output.Buffer.Release();
        }

        _released.Give();
    }

    /// <summary>Lets the pump send what is due besides the send buffer's bytes.</summary>
    public void RequestFlush()
    {
        bool flush;
        lock (Gate)
        {
            flush = BeginFlushLocked();
        }

        if (flush)
        {
            Flush(inline: false);
        }
    }
}
