using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TunnelRpc.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// One connection that carries, or carried, a session: its reader, its write pump and its keepalive timer. Before a session migrates, the
/// reader and the pump of the old path stop.
/// </summary>
/// <remarks>
/// The reader never waits for a write. The pump runs for the owner of the pump that <see cref="SessionWriter"/> describes.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The token source has no timer, and no registration on it outlives the path.")]
internal sealed class SessionPath : IRecordHandler, IThreadPoolWorkItem
{
    /// <summary>No intermediary closes an idle path sooner than this.</summary>
    private static readonly TimeSpan IdleTimeoutHintThreshold = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The path counts as dead at the earliest after this many round trips without an answer to a ping, however short the interval is.
    /// </summary>
    private const int MinPongTimeoutRoundTrips = 4;

    private readonly TunnelSession _session;
    private readonly ITransportConnection _connection;
    private readonly ReceiveBuffer _receiveBuffer;
    private readonly TunnelOptions _options;
    private readonly RecordParser _parser;
    private readonly KeepAlive _keepAlive;
    private readonly TimeSpan _keepAliveInterval;
    private readonly int _maxUnansweredPings;
    private readonly CancellationTokenSource _lifetime = new();
    private LazySignal _pumpStopped;
    private LazySignal _stopped;
    private LazySignal _ioStopped;
    private readonly Action _resumePump;

    // Accessed by the owner of the pump only.
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _pendingWrite;
    private bool _writeInFlight;

    // Set before the reader starts.
    private ITimer? _keepAliveTimer;

    // Written by the reader, read by any thread.
    private long _readCount;

    // Accessed by the reader only.
    private long _lastReadTimestamp;

    // Written by reader and pump, read by any thread: when bytes were last received or sent.
    private long _lastActivityTimestamp;

    /// <param name="session">The session.</param>
    /// <param name="connection">The connection; owned by the path.</param>
    /// <param name="receiveBuffer">Bytes received after the handshake; owned by the path.</param>
    /// <param name="epoch">1 for the session's first path; each later path has a higher epoch.</param>
    /// <param name="options">The options of this side.</param>
    public SessionPath(
        TunnelSession session, ITransportConnection connection, ReceiveBuffer receiveBuffer, uint epoch, TunnelOptions options)
    {
        _session = session;
        _options = options;
        _connection = connection;
        _receiveBuffer = receiveBuffer;
        receiveBuffer.AccountTo(session.Memory, options.TimeProvider);
        Epoch = epoch;
        _parser = new RecordParser(expectsStart: epoch > 1);
        _resumePump = Pump;

        // A connection that is closed when it is idle for a shorter time is pinged more often, and counts as dead after the same time.
        TimeSpan interval = options.KeepAliveInterval;
        _keepAliveInterval = connection.Info.MaxIdleTime is { } limit && limit < interval ? limit : interval;
        int byInterval = (int)(KeepAlive.DefaultMaxUnansweredPings * (interval / _keepAliveInterval));

        // If the round trip takes longer than the interval, several pings are always in flight.
        double pingsPerRoundTrip = receiveBuffer.RoundTripTime / _keepAliveInterval;
        int byRoundTrip = (int)Math.Min(Math.Ceiling(MinPongTimeoutRoundTrips * pingsPerRoundTrip), int.MaxValue);
        _maxUnansweredPings = Math.Max(byInterval, byRoundTrip);
        _keepAlive = new KeepAlive(_maxUnansweredPings);
    }

    /// <summary>Whether the session had lost the path before this one. Set before the path starts.</summary>
    public bool ReplacesLostPath { get; set; }

    /// <summary>The position of the path in the session's sequence of paths: 1 for the first one, growing.</summary>
    public uint Epoch { get; }

    /// <summary>The name of the transport.</summary>
    public string Transport => _connection.Info.Transport;

    /// <inheritdoc cref="TransportConnectionInfo.SendsBlocks"/>
    public bool SendsBlocks => _connection.Info.SendsBlocks;

    /// <inheritdoc cref="TransportConnectionInfo.ReceivesBlocks"/>
    public bool ReceivesBlocks => _connection.Info.ReceivesBlocks;

    /// <summary>Completes, without an exception, when nothing of the path runs any more and its connection is disposed.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>
    /// Completes, without an exception, when the path neither reads nor writes any more. Its connection may still be closing.
    /// </summary>
    public Task IoStopped => _ioStopped.Task;

    /// <summary>The number of reads that have returned bytes. A hint.</summary>
    public long ReadCount => Volatile.Read(ref _readCount);

    /// <summary>Whether a ping was sent and no byte was received after it. A hint.</summary>
    public bool IsAwaitingPong => _keepAlive.IsAwaitingPong;

    private string DebuggerDisplay =>
        $"Epoch {Epoch} ({Transport}) of session {_session.Parameters.Ticket.SessionId}, "
        + (_session.Writer.CurrentPath != this ? "replaced" : _session.Writer.IsDetached(this) ? "disconnected" : "current");

    /// <summary>
    /// Starts the reader and the keepalive timer. Called once. If <see cref="Stop"/> was called before, the reader ends at once.
    /// </summary>
    public void Start()
    {
        _lastReadTimestamp = _lastActivityTimestamp = _options.TimeProvider.GetTimestamp();
        _keepAliveTimer = _options.TimeProvider.CreateTimer(
            static p => ((SessionPath)p!).OnKeepAliveInterval(), this, _keepAliveInterval, _keepAliveInterval);

        // Calls start on the reader's thread. They must not inherit the execution context of an HTTP request or of the code that connects.
        ThreadPool.UnsafeQueueUserWorkItem(static path => _ = path.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Releases a path that never carried the session.</summary>
    public async Task DiscardAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        _receiveBuffer.Dispose();
        _ioStopped.Set();
        _stopped.Set();
    }

    /// <summary>Cancels the read and the write that are pending; <see cref="Stopped"/> completes afterwards.</summary>
    public void Stop() => _lifetime.Cancel();

    /// <summary>
    /// The pump does not run and will not run any more; called by <see cref="SessionWriter"/>, or by the pump after a failed write.
    /// </summary>
    public void OnPumpStopped() => _pumpStopped.Set();

    /// <summary>A ping is sent in addition to those of the keepalive interval.</summary>
    public void OnProbeSent() => _keepAlive.OnProbeSent();

    /// <summary>Records other than PING are sent.</summary>
    public void OnTrafficSent() => _keepAlive.OnTrafficSent();

    void IThreadPoolWorkItem.Execute() => Pump();

    /// <summary>
    /// Writes until there is nothing to send. Runs for the owner of the pump. When a write does not complete at once, the loop continues as
    /// the write's continuation; when work items are ready, it continues as one of them.
    /// </summary>
    public void Pump()
    {
        try
        {
            while (true)
            {
                if (!_writeInFlight)
                {
                    if (!_session.Writer.TryTakeWrite(out ReadOnlySequence<byte> batch))
                    {
                        return;
                    }

#pragma warning disable CA2012 // Awaited once, without async: the loop is its own continuation, so a write allocates nothing here.
                    _pendingWrite = _connection.WriteAsync(batch, _lifetime.Token).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
                    if (!_pendingWrite.IsCompleted)
                    {
                        _writeInFlight = true;
                        _pendingWrite.UnsafeOnCompleted(_resumePump);
                        return;
                    }
                }

                _writeInFlight = false;
                _pendingWrite.GetResult();
                Volatile.Write(ref _lastActivityTimestamp, _options.TimeProvider.GetTimestamp());
                _session.OnWriteCompleted();
                if (_session.Writer.UnsentBytes > 0 && _session.WorkQueue.HasItemsToShareWrite)
                {
                    // Frames of the work items that are ready share the next write.
                    _session.WorkQueue.EnqueueWrite(this, mayYield: false);
                    return;
                }
            }
        }
        catch (Exception error) when (IsDisconnect(error))
        {
            _session.Paths.OnDisconnected(this, AddIdleTimeoutHint(error));
            OnPumpStopped();
        }
        catch (Exception defect)
        {
            // A transport may be third-party code. Its defect must neither end the process nor leave calls without a result.
            OnUnexpectedError(defect);
            OnPumpStopped();
        }
    }

    void IRecordHandler.OnStart(ulong offset) => _session.ReceiveTracker.ValidateStart(offset);

    void IRecordHandler.OnData(ReadOnlySpan<byte> data)
    {
        _keepAlive.OnTrafficReceived();
        _session.OnActivity(_lastReadTimestamp);
        _session.OnDataReceived(_parser.ReceivedOffset, data);
    }

    void IRecordHandler.OnAck(ulong offset)
    {
        _keepAlive.OnTrafficReceived();
        _session.OnActivity(_lastReadTimestamp);
        _session.OnAck(offset);
    }

    void IRecordHandler.OnPing(ulong nonce)
    {
        _keepAlive.OnTrafficReceived();
        _session.Writer.SendPong(nonce);
    }

    void IRecordHandler.OnPong(ulong nonce)
    {
        // The keepalive counts received bytes of any kind; the nonce is not needed.
    }

    void IRecordHandler.OnClose(CloseMessage close)
    {
        _session.ClosingHandshake.OnPeerClose(close);
        throw new PeerClosedException(close);
    }

    private async Task RunAsync()
    {
        try
        {
            try
            {
                await ReceiveAsync().ConfigureAwait(false);
            }
            finally
            {
                _session.WorkQueue.ScheduleReaderItems();
            }
        }
        catch (PeerClosedException closed)
        {
            await _session.ClosingHandshake.EndAfterPeerCloseAsync(closed.Close, _lifetime.Token).ConfigureAwait(false);
        }
        catch (TunnelProtocolException broken)
        {
            await _session.ClosingHandshake.EndAfterProtocolErrorAsync(broken, _lifetime.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (IsDisconnect(error))
        {
            _session.Paths.OnDisconnected(this, AddIdleTimeoutHint(error));
        }
        catch (Exception defect)
        {
            // An unexpected exception must not leave calls without a result.
            OnUnexpectedError(defect);
        }
        finally
        {
            // Disposing of the connection ends a write that does not observe its cancellation token.
            Task releasing = ReleaseAsync();
            await _pumpStopped.Task.ConfigureAwait(false);
            _receiveBuffer.Dispose();
            _ioStopped.Set();
            await releasing.ConfigureAwait(false);
            _stopped.Set();
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await _lifetime.CancelAsync().ConfigureAwait(false);
            await _keepAliveTimer!.DisposeAsync().ConfigureAwait(false);
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception defect)
        {
            // A connection must not throw from DisposeAsync, but may be third-party code.
            OnUnexpectedError(defect);
        }
    }

    /// <summary>Ends the session, unless it does not use the path any more.</summary>
    private void OnUnexpectedError(Exception defect)
    {
        if (!_session.Writer.IsDetached(this))
        {
            _session.EndWithInternalError(defect);
        }
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            // In the first iteration, the buffer may hold bytes received after the handshake.
            _receiveBuffer.Consume(_parser.Parse(_receiveBuffer.Buffered, this));
            _session.OnReceiveBufferParsed();
            ValueTask<bool> reading = _receiveBuffer.ReadMoreAsync(_lifetime.Token);
            if (!await new InlineDrainAwaiter<bool>(reading.ConfigureAwait(false).GetAwaiter(), _session.WorkQueue))
            {
                throw new TransportException("The path ended without a CLOSE record.");
            }

            _keepAlive.OnBytesReceived();
            Volatile.Write(ref _readCount, _readCount + 1);
            _lastReadTimestamp = _receiveBuffer.LastReadTimestamp;
            Volatile.Write(ref _lastActivityTimestamp, _lastReadTimestamp);
        }
    }

    private void OnKeepAliveInterval()
    {
        switch (_keepAlive.OnInterval())
        {
            case KeepAliveAction.Ping:
                _session.Writer.SendPing();
                break;
            case KeepAliveAction.Disconnect:
                object count = _maxUnansweredPings == KeepAlive.DefaultMaxUnansweredPings ? "two" : _maxUnansweredPings;
                _session.Paths.OnDisconnected(
                    this,
                    new TunnelException(
                        TunnelStatus.Unavailable, $"The path is dead: {count} pings, {_keepAliveInterval} apart, were not answered."));
                break;
        }
    }

    /// <summary>Adds the likely cause, and the setting that avoids it, if the path was idle before it was disconnected.</summary>
    private Exception AddIdleTimeoutHint(Exception error)
    {
        TimeSpan idle = _options.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastActivityTimestamp));
        return idle < IdleTimeoutHintThreshold
            ? error
            : new TransportException(
                $"{error.Message} Nothing had been sent or received for {idle.TotalSeconds:0} s: "
                + $"most likely an intermediary closes idle connections. Set KeepAliveInterval (now {_keepAliveInterval}) below that time.",
                error);
    }

    private static bool IsDisconnect(Exception error) =>
        error is TransportException or OperationCanceledException or ObjectDisposedException;

    private sealed class PeerClosedException(CloseMessage close) : Exception
    {
        public CloseMessage Close { get; } = close;
    }
}
