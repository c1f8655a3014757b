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
internal sealed class TunnelSession : ISendCapacity
{
    /// <summary>Unsent bytes past which streams and large messages wait for their turn, so that small calls do not queue behind them.</summary>
    private const int UnsentPauseThresholdBytes = 64 << 10;

    private readonly TunnelOptions _options;
    private readonly TaskCompletionSource _endedSource = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LazySignal _released;

    // Guarded by Gate.
    private readonly SessionOutput _output;
    private SessionParameters _parameters;
    private bool _isStarted;
    private bool _isEnded;

    // Guarded by Gate. From the start, nobody writes before the handshake's last record is out.
    private bool _isPumpAcquired = true;

    // Written by the reader.
    private long _lastActivityTimestamp;

    private volatile bool _isEnding;
    private ISessionHandler _handler = null!;
    private Acknowledger? _acknowledger;
    private int _endStarted;

    /// <param name="parameters">What the handshake agreed on.</param>
    /// <param name="connection">The first path; owned once the session is started.</param>
    /// <param name="receiveBuffer">What has been received behind the handshake; likewise.</param>
    /// <param name="options">This side's.</param>
    /// <param name="budget">What all sessions of this side hold; null where there is one.</param>
    public TunnelSession(SessionParameters parameters, ITransportConnection connection, ReceiveBuffer receiveBuffer, TunnelOptions options, MemoryBudget? budget = null)
    {
        _parameters = parameters;
        _options = options;
        Memory = new MemoryAccount(options.Limits.MaxPendingCallBytes, budget);
        _output = new SessionOutput(Memory);
        _lastActivityTimestamp = options.TimeProvider.GetTimestamp();
        ClosingHandshake = new ClosingHandshake(this, options);
        Paths = new PathManager(this, new SessionPath(this, connection, receiveBuffer, parameters.Epoch, options), options);
    }

    /// <summary>What the handshake agreed on; its connection is the one that carries the session now.</summary>
    public SessionParameters Parameters => Volatile.Read(ref _parameters);

    /// <summary>Guards everything about sending. Held briefly, never across I/O; the layer above may take it to write several pieces as one.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What its paths go by.</summary>
    public TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>What it holds in memory.</summary>
    public MemoryAccount Memory { get; }

    /// <summary>Where its calls run and end, where streams go on that have waited, and where it is written from behind them.</summary>
    public WorkQueue WorkQueue { get; } = new();

    /// <summary>When the peer last sent data or acknowledged some, as a timestamp: answers to pings do not count.</summary>
    public long LastActivityTimestamp => Volatile.Read(ref _lastActivityTimestamp);

    /// <summary>How much of the peer's stream has come.</summary>
    public ReceiveTracker ReceiveTracker { get; } = new();

    /// <summary>How it ends in order.</summary>
    public ClosingHandshake ClosingHandshake { get; }

    /// <summary>Which path carries the session.</summary>
    public PathManager Paths { get; }

    /// <summary>Guarded by <see cref="Gate"/>: how much was written to this side's stream.</summary>
    public long WrittenOffsetLocked => _output.SendBuffer.WrittenOffset;

    /// <summary>How much of this side's stream was ever sent.</summary>
    public ulong SentOffset
    {
        get
        {
            lock (Gate)
            {
                return (ulong)_output.SendBuffer.SentOffset;
            }
        }
    }

    /// <summary>How much of the peer's stream has come.</summary>
    public ulong ReceivedOffset => (ulong)ReceiveTracker.ReceivedOffset;

    /// <summary>How much of that is not acknowledged; a hint.</summary>
    public long ReceivedUnacknowledgedBytes => ReceiveTracker.ReceivedOffset - _output.ControlRecords.SentAckOffset;

    /// <summary>Guarded by <see cref="Gate"/>: its first path runs, so that it can be left.</summary>
    public bool IsStartedLocked => _isStarted;

    /// <summary>Guarded by <see cref="Gate"/>: it is over.</summary>
    public bool IsEndedLocked => _isEnded;

    /// <summary>Guarded by <see cref="Gate"/>: it is over, or about to be.</summary>
    public bool IsEndingLocked => _isEnded || _output.CloseRequest is not null;

    /// <summary>Whether it is over, or about to be; without the gate.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Whether it is over, though what belongs to it may still be being released.</summary>
    public bool IsEnded => Volatile.Read(ref _endStarted) != 0;

    /// <summary>Completes, without an exception, when the session is over and everything of it is released.</summary>
    public Task Completion => _released.Task;

    public bool HasCapacity(long reservedBytes) =>
        _output.SendBuffer.UnsentBytes + reservedBytes < UnsentPauseThresholdBytes && _output.SendBuffer.UnacknowledgedBytes + reservedBytes < _options.Limits.MaxUnacknowledgedBytes;

    public bool IsBelowResumeThreshold(long reservedBytes) =>
        _output.SendBuffer.UnsentBytes + reservedBytes < UnsentPauseThresholdBytes / 2 && _output.SendBuffer.UnacknowledgedBytes + reservedBytes < _options.Limits.MaxUnacknowledgedBytes;

    /// <summary>Whether there is more to send than what is being written; a hint.</summary>
    public bool HasUnsentBytes => _output.SendBuffer.UnsentBytes > 0;

    /// <summary>Whether a small message may be added now, without waiting for others' backlog.</summary>
    public bool HasUnacknowledgedCapacity => _output.SendBuffer.UnacknowledgedBytes < _options.Limits.MaxUnacknowledgedBytes;

    /// <summary>Who is told of what comes and of the end; by the layer above, before anybody else has the session.</summary>
    public void SetHandler(ISessionHandler handler) => _handler = handler;

    /// <summary>Starts reading, and writing what has gathered before. Once, when the handshake is complete; ending it before is allowed.</summary>
    public void Start()
    {
        _acknowledger = new Acknowledger(this, _options.TimeProvider);
        lock (Gate)
        {
            _isStarted = true;
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

        _output.SendBuffer.Write(bytes);
        return true;
    }

    /// <summary>
    /// To be called under <see cref="Gate"/> after writing: true when the caller must call <see cref="Flush"/> once it has left the gate.
    /// </summary>
    public bool TryBeginFlushLocked() => !_isEnded && TryAcquirePumpLocked();

    /// <summary>Makes the caller the one writer, under <see cref="Gate"/>; false when there is one.</summary>
    public bool TryAcquirePumpLocked()
    {
        if (_isPumpAcquired)
        {
            return false;
        }

        _isPumpAcquired = true;
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
            WorkQueue.Enqueue(path);
        }
    }

    /// <summary>Ends the session when its control backlog shows that the peer causes more than it reads; under no lock.</summary>
    public void EnforceControlBacklogLimit()
    {
        TunnelLimits limits = _options.Limits;
        if (_output.SendBuffer.UnacknowledgedBytes > (long)limits.MaxUnacknowledgedBytes + limits.MaxControlBacklog)
        {
            End(new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"The peer caused more than {limits.MaxControlBacklog} bytes of control frames past the replay limit without acknowledging them (limit MaxControlBacklog)."));
        }
    }

    /// <summary>Ends in order, as <see cref="ClosingHandshake.CloseAsync"/> says.</summary>
    public Task CloseAsync(TunnelStatus status, string reason) => ClosingHandshake.CloseAsync(status, reason);

    /// <summary>CLOSE goes out when everything else is; the first one asked for counts.</summary>
    public void RequestClose(TunnelStatus status, string reason)
    {
        var close = new CloseMessage(status, _handler.StopAcceptingCalls(), reason);
        _isEnding = true;
        lock (Gate)
        {
            _output.RequestClose(close);
        }

        RequestFlush();
    }

    /// <summary>Ends at once. The first reason given counts.</summary>
    public void End(TunnelException error)
    {
        if (Interlocked.Exchange(ref _endStarted, 1) != 0)
        {
            return;
        }

        _isEnding = true;
        SessionPath path;
        SessionEnd end;
        lock (Gate)
        {
            _isEnded = true;
            end = new SessionEnd(error, _output.SendBuffer.SentOffset, ClosingHandshake.LastAcceptedStreamLocked);
            path = Paths.Current;
            Paths.DetachLocked(path);
        }

        ClosingHandshake.OnCloseSent();
        path.Stop();
        _handler.OnEnded(end);
        _endedSource.TrySetResult();
    }

    /// <summary>Ends at once, and tells the peer by CLOSE as far as the path takes it without waiting. False when it is over, or has not begun.</summary>
    public bool TryAbort(TunnelException reason)
    {
        bool tell;
        lock (Gate)
        {
            if (!_isStarted || IsEndingLocked)
            {
                return false;
            }

            // Whoever pumps is in the middle of a write, or about to begin one, behind which there may be more. Without one there is nothing before CLOSE.
            tell = TryAcquirePumpLocked();
            if (tell)
            {
                _output.RequestClose(new CloseMessage(reason.Status, _handler.StopAcceptingCalls(), reason.Message));
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
    public void ReleaseUnstarted()
    {
        lock (Gate)
        {
            _isEnded = true;
            _output.SendBuffer.Release();
        }

        _released.Set();
    }

    /// <summary>Ends by something that should not have happened.</summary>
    public void EndWithInternalError(Exception defect) =>
        End(new TunnelException(TunnelStatus.Internal, $"The session ended by an unexpected error: {defect.Message}", defect));

    /// <summary>How the path does now.</summary>
    public PathProgress GetPathProgress()
    {
        lock (Gate)
        {
            SessionPath path = Paths.Current;
            return new PathProgress(path.Epoch, _output.SendBuffer.AcknowledgedOffset, _output.SendBuffer.UnacknowledgedBytes > 0, path.IsAwaitingPong, path.ReadCount, ReceiveTracker.ReceivedOffset);
        }
    }

    /// <summary>The session goes on on <paramref name="next"/>; by who moves it.</summary>
    public void OnMigratedLocked(SessionPath next, TransportConnectionInfo connection, ulong acknowledged)
    {
        _parameters = _parameters with { Connection = connection, Epoch = next.Epoch };
        _output.OnMigrated(acknowledged);
    }

    /// <summary>Reads and writes on the path that the session was moved to; by who moved it.</summary>
    public void StartMigratedPath(SessionPath next)
    {
        next.Start();
        Flush(inline: false);
    }

    /// <summary>Bytes of the peer's stream have come; by the reader of the one path that is read.</summary>
    /// <param name="endOffset">The offset behind them.</param>
    /// <param name="data">The bytes; those that came on an earlier path are passed over.</param>
    public void OnDataReceived(long endOffset, ReadOnlySpan<byte> data)
    {
        if (ReceiveTracker.TryAdvance(endOffset, ref data))
        {
            _handler.OnData(data);
        }
    }

    /// <summary>The peer has sent data, or acknowledged some; by the reader.</summary>
    public void OnActivity(long timestamp) => Volatile.Write(ref _lastActivityTimestamp, timestamp);

    public void OnAck(ulong offset)
    {
        lock (Gate)
        {
            _output.SendBuffer.Acknowledge(offset);
        }

        _handler.OnCapacityAvailable();
    }

    public void OnPing(ulong nonce)
    {
        lock (Gate)
        {
            _output.ControlRecords.RequestPong(nonce);
        }

        RequestFlush();
    }

    /// <summary>A PING is due.</summary>
    public void SendPing()
    {
        lock (Gate)
        {
            _output.ControlRecords.RequestPing();
        }

        RequestFlush();
    }

    /// <summary>Asks the peer for a sign of life now: until one comes, <see cref="GetPathProgress"/> shows that one is waited for.</summary>
    public void SendProbe()
    {
        Paths.Current.OnProbeSent();
        SendPing();
    }

    /// <summary>What was composed last is with the network.</summary>
    public void OnWriteCompleted()
    {
        bool closeSent;
        lock (Gate)
        {
            closeSent = _output.OnWriteCompleted();
        }

        if (closeSent)
        {
            ClosingHandshake.OnCloseSent();
        }

        _handler.OnCapacityAvailable();
    }

    /// <summary>Composes the next write: due control records, then DATA; CLOSE once everything else is out. Gives up the pump when there is none.</summary>
    public bool TryTakeWrite(SessionPath path, out ReadOnlySequence<byte> batch)
    {
        lock (Gate)
        {
            if (!_isEnded && !path.IsDetached)
            {
                bool any = _output.TryComposeWrite(ReceiveTracker.ReceivedOffset, out batch, out bool isTraffic);
                if (isTraffic)
                {
                    path.OnTrafficSent();
                }

                if (any)
                {
                    return true;
                }
            }

            batch = default;
            if (_isEnded || path.IsDetached)
            {
                // Whoever moves the session has the pump now; nobody has it when it is over.
                path.OnPumpStopped();
            }
            else
            {
                _isPumpAcquired = false;
            }

            return false;
        }
    }

    /// <summary>What the reader had is read.</summary>
    public void OnReceiveBufferParsed() => _acknowledger!.OnReceiveBufferParsed();

    private async Task RunAsync()
    {
        await _endedSource.Task.ConfigureAwait(false);
        await _acknowledger!.DisposeAsync().ConfigureAwait(false);
        await Paths.ReleaseAsync().ConfigureAwait(false);
        lock (Gate)
        {
            _output.SendBuffer.Release();
        }

        _released.Set();
    }

    /// <summary>Lets the pump send what is due besides the send buffer's bytes.</summary>
    public void RequestFlush()
    {
        bool flush;
        lock (Gate)
        {
            flush = TryBeginFlushLocked();
        }

        if (flush)
        {
            Flush(inline: false);
        }
    }
}
