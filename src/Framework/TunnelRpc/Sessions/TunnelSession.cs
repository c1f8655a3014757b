using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// An ordered, reliable byte stream each way over a transport connection: records, acknowledgement, keepalive, orderly
/// close. What the layer above writes gathers in the send buffer; one flusher turns it into DATA records.
/// </summary>
/// <remarks>
/// Invariants. A reader never waits for a write. ACK, PING, PONG and CLOSE bypass the send buffer, so no parked writer stops
/// them. There is one writer: whoever set <c>_pumping</c> under the gate, until it finds nothing to send.
/// </remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no registration outlives the session: there is nothing to release.")]
internal sealed class TunnelSession : IRecordHandler, ISendRoom, IThreadPoolWorkItem
{
    /// <summary>Unsent bytes past which streams and large messages wait for their turn, so that small calls do not queue behind them.</summary>
    private const int SendBacklog = 32 << 10;

    private const int MaxDataRecord = 256 << 10;
    private const int AckThreshold = 64 << 10;
    private static readonly TimeSpan AckDelay = TimeSpan.FromMilliseconds(25);

    private readonly ITransportConnection _connection;
    private readonly RecordInput _input;
    private readonly TunnelOptions _options;
    private readonly RecordParser _parser = new();
    private readonly CancellationTokenSource _lifetime = new();
    private readonly TaskCompletionSource _closeSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _pumpIdle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _resumePump;

    // Guarded by Gate.
    private readonly SendBuffer _buffer = new();
    private readonly ControlRecords _control = new();
    private CloseMessage? _close;
    private bool _closeHanded;

    // From the start, nobody writes before the handshake's last record is out.
    private bool _pumping = true;
    private bool _ended;

    // Owned by whoever pumps.
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _write;
    private bool _writeInFlight;

    // Written by the reader, read by the pump and the timer.
    private long _received;

    // Exchanged by reader and timer: whoever clears it sees what was received before it was set.
    private int _ackTimerArmed;

    private readonly KeepAlive _keepAlive = new();
    private ISessionSink _sink = null!;
    private ITimer? _ackTimer;
    private ITimer? _keepAliveTimer;
    private int _endedOnce;

    public TunnelSession(SessionInfo info, ITransportConnection connection, RecordInput input, TunnelOptions options)
    {
        Info = info;
        _connection = connection;
        _input = input;
        _options = options;
        _resumePump = Pump;
    }

    public SessionInfo Info { get; }

    /// <summary>Guards everything about sending. Held briefly, never across I/O; the layer above may take it to write several pieces as one.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Completes, without an exception, when the session is over and everything of it is released.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public bool HasRoom(long reserved) =>
        _buffer.Unsent + reserved < SendBacklog && _buffer.Unacked + reserved < _options.Limits.ReplayLimit;

    public bool IsDrained(long reserved) =>
        _buffer.Unsent + reserved < SendBacklog / 2 && _buffer.Unacked + reserved < _options.Limits.ReplayLimit;

    /// <summary>Whether a small message may be added now, without waiting for others' backlog.</summary>
    public bool HasReplayRoom => _buffer.Unacked < _options.Limits.ReplayLimit;

    /// <summary>Starts reading, and writing what has gathered before. Once, when the handshake is complete.</summary>
    public void Start(ISessionSink sink)
    {
        _sink = sink;
        _ackTimer = _options.TimeProvider.CreateTimer(static s => ((TunnelSession)s!).OnAckTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _keepAliveTimer = _options.TimeProvider.CreateTimer(static s => ((TunnelSession)s!).OnKeepAlive(), this, _options.KeepAliveInterval, _options.KeepAliveInterval);
        Completion = RunAsync();
        Flush(inline: false);
    }

    /// <summary>Adds bytes to the session stream; under <see cref="Gate"/>. False when the session is over.</summary>
    public bool WriteLocked(ReadOnlySpan<byte> bytes)
    {
        if (_ended || _close is not null)
        {
            return false;
        }

        _buffer.Write(bytes);
        return true;
    }

    /// <summary>
    /// To be called under <see cref="Gate"/> after writing: true when the caller must call <see cref="Flush"/> once it has left the gate.
    /// </summary>
    public bool BeginFlushLocked()
    {
        if (_pumping || _ended)
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
        if (inline)
        {
            Pump();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Ends the session when its control backlog shows that the peer causes more than it reads; under no lock.</summary>
    public void CheckControlBacklog()
    {
        TunnelLimits limits = _options.Limits;
        if (_buffer.Unacked > (long)limits.ReplayLimit + limits.MaxControlBacklog)
        {
            End(new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"The peer caused more than {limits.MaxControlBacklog} bytes of control frames past the replay limit without acknowledging them (limit MaxControlBacklog)."));
        }
    }

    /// <summary>Ends in order: what was written is sent, then CLOSE; waits for the peer's own within the close timeout.</summary>
    public async Task CloseAsync(TunnelStatus status, string reason)
    {
        RequestClose(new CloseMessage(status, _sink.LastAcceptedStream, reason));
        try
        {
            await Completion.WaitAsync(_options.CloseTimeout, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            End(new TunnelException(TunnelStatus.Unavailable, $"The peer did not answer CLOSE within {_options.CloseTimeout}."));
            await Completion.ConfigureAwait(false);
        }
    }

    /// <summary>Ends at once. The first reason given counts.</summary>
    public void End(TunnelException error)
    {
        if (Interlocked.Exchange(ref _endedOnce, 1) != 0)
        {
            return;
        }

        lock (Gate)
        {
            _ended = true;
            if (!_pumping)
            {
                _pumpIdle.TrySetResult();
            }
        }

        _closeSent.TrySetResult();
        _lifetime.Cancel();
        _sink.OnEnded(error);
    }

    void IThreadPoolWorkItem.Execute() => Pump();

    void IRecordHandler.OnData(ReadOnlySpan<byte> data)
    {
        Volatile.Write(ref _received, _parser.Received);
        _keepAlive.OnReceived();
        _sink.OnData(data);
    }

    void IRecordHandler.OnAck(ulong offset)
    {
        _keepAlive.OnReceived();
        lock (Gate)
        {
            _buffer.Acknowledge(offset);
        }

        _sink.OnRoom();
    }

    void IRecordHandler.OnPing(ulong nonce)
    {
        _keepAlive.OnReceived();
        lock (Gate)
        {
            _control.Pong(nonce);
        }

        RequestFlush();
    }

    void IRecordHandler.OnPong(ulong nonce)
    {
        // It was heard, and that is all it is for.
    }

    void IRecordHandler.OnClose(CloseMessage close)
    {
        RequestClose(new CloseMessage(TunnelStatus.Ok, _sink.LastAcceptedStream, "Answering CLOSE."));
        throw new PeerClosedException(close);
    }

    private void RequestClose(CloseMessage close)
    {
        lock (Gate)
        {
            _close ??= close;
        }

        RequestFlush();
    }

    /// <summary>Writes until there is nothing to write. Runs for whoever owns <c>_pumping</c>; goes on as its own continuation when a write waits.</summary>
    private void Pump()
    {
        try
        {
            while (true)
            {
                if (!_writeInFlight)
                {
                    if (!TryTake(out ReadOnlySequence<byte> batch))
                    {
                        return;
                    }

#pragma warning disable CA2012 // Awaited by hand, once: this loop is its own continuation, so that a flush allocates nothing.
                    _write = _connection.WriteAsync(batch, _lifetime.Token).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
                    if (!_write.IsCompleted)
                    {
                        _writeInFlight = true;
                        _write.UnsafeOnCompleted(_resumePump);
                        return;
                    }
                }

                _writeInFlight = false;
                _write.GetResult();
                OnWritten();
            }
        }
        catch (Exception error) when (error is TransportException or OperationCanceledException or ObjectDisposedException)
        {
            End(PathLost(error));
            StopPumping();
        }
        catch (Exception defect)
        {
            // A transport may be anybody's: its defect must not end the process, nor leave callers waiting.
            End(Unexpected(defect));
            StopPumping();
        }
    }

    private void OnWritten()
    {
        bool closeSent;
        lock (Gate)
        {
            _buffer.Complete();
            closeSent = _closeHanded;
        }

        if (closeSent)
        {
            _closeSent.TrySetResult();
        }

        _sink.OnRoom();
    }

    /// <summary>Composes the next write: due control records, then DATA; CLOSE once everything else is out. Gives up <c>_pumping</c> when there is none.</summary>
    private bool TryTake(out ReadOnlySequence<byte> batch)
    {
        lock (Gate)
        {
            if (!_ended)
            {
                bool any = _control.Compose(Volatile.Read(ref _received));
                int count = (int)Math.Min(_buffer.Unsent, MaxDataRecord);
                if (any || count > 0)
                {
                    _keepAlive.OnSent();
                }

                if (count > 0)
                {
                    batch = _buffer.Take(_control.HeadWithData(count), count);
                    return true;
                }

                if (_close is not null && !_closeHanded)
                {
                    _closeHanded = true;
                    batch = _control.HeadWithClose(_close);
                    return true;
                }

                ReadOnlyMemory<byte> head = _control.Head();
                if (!head.IsEmpty)
                {
                    batch = new ReadOnlySequence<byte>(head);
                    return true;
                }
            }

            batch = default;
            _pumping = false;
            if (_ended)
            {
                _pumpIdle.TrySetResult();
            }

            return false;
        }
    }

    private void StopPumping()
    {
        lock (Gate)
        {
            _pumping = false;
            _pumpIdle.TrySetResult();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await ReceiveAsync().ConfigureAwait(false);
        }
        catch (PeerClosedException closed)
        {
            await FinishCloseAsync(closed.Close).ConfigureAwait(false);
        }
        catch (TunnelProtocolException broken)
        {
            await FinishBrokenAsync(broken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TransportException or OperationCanceledException or ObjectDisposedException)
        {
            End(PathLost(error));
        }
        catch (Exception defect)
        {
            // Whatever it is, it must not leave callers waiting.
            End(Unexpected(defect));
        }
        finally
        {
            if (_ackTimer is not null && _keepAliveTimer is not null)
            {
                await _ackTimer.DisposeAsync().ConfigureAwait(false);
                await _keepAliveTimer.DisposeAsync().ConfigureAwait(false);
            }

            await _connection.DisposeAsync().ConfigureAwait(false);
            await _pumpIdle.Task.ConfigureAwait(false);
            _input.Dispose();
        }
    }

    private async Task ReceiveAsync()
    {
        while (await _input.FillAsync(_lifetime.Token).ConfigureAwait(false))
        {
            _keepAlive.OnHeard();
            _input.Consume(_parser.Parse(_input.Buffered, this));
            AcknowledgeSoon();
        }

        throw new TransportException("The path ended without a CLOSE record.");
    }

    private void AcknowledgeSoon()
    {
        long unacknowledged = _received - _control.AckSent;
        if (unacknowledged >= AckThreshold)
        {
            RequestFlush();
        }
        else if (unacknowledged > 0 && Interlocked.Exchange(ref _ackTimerArmed, 1) == 0)
        {
            // Usually the next write takes the ACK along, and the timer finds nothing to do.
            _ackTimer!.Change(AckDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnAckTimer()
    {
        Interlocked.Exchange(ref _ackTimerArmed, 0);
        if (_received > _control.AckSent)
        {
            RequestFlush();
        }
    }

    private void OnKeepAlive()
    {
        switch (_keepAlive.OnInterval())
        {
            case KeepAliveAction.Ping:
                lock (Gate)
                {
                    _control.Ping();
                }

                RequestFlush();
                break;
            case KeepAliveAction.End:
                End(new TunnelException(TunnelStatus.Unavailable, $"The path is dead: two pings, {_options.KeepAliveInterval} apart, were not answered."));
                break;
        }
    }

    /// <summary>Lets the pump send what is due besides the send buffer's bytes.</summary>
    private void RequestFlush()
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

    private async Task FinishCloseAsync(CloseMessage close)
    {
        await WaitForCloseSentAsync().ConfigureAwait(false);
        string why = close.Reason.Length == 0 ? "no reason given" : close.Reason;
        TunnelStatus status = close.Status == TunnelStatus.Ok ? TunnelStatus.Unavailable : close.Status;
        End(new TunnelException(status, $"The peer closed the tunnel: {why}"));
    }

    private async Task FinishBrokenAsync(TunnelProtocolException broken)
    {
        RequestClose(new CloseMessage(TunnelStatus.Internal, _sink.LastAcceptedStream, broken.Message));
        await WaitForCloseSentAsync().ConfigureAwait(false);
        End(broken);
    }

    private async Task WaitForCloseSentAsync()
    {
        try
        {
            await _closeSent.Task.WaitAsync(_options.CloseTimeout, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The peer does not read; it has its reason to end, and so have we.
        }
    }

    private static TunnelException Unexpected(Exception defect) =>
        new(TunnelStatus.Internal, $"The session ended by an unexpected error: {defect.Message}", defect);

    private static TunnelException PathLost(Exception error) =>
        new(TunnelStatus.Unavailable, $"The path to the peer was lost: {error.Message}", error);

    private sealed class PeerClosedException(CloseMessage close) : Exception
    {
        public CloseMessage Close { get; } = close;
    }
}
