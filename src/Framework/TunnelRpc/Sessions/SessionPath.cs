using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TunnelRpc.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// One connection that carries a session, or carried it: its reader, its pump and its keepalive. A session has one path that
/// it writes to; when it moves to another one, the old path is stopped before the new one's first byte is taken.
/// </summary>
/// <remarks>A reader never waits for a write. There is one writer: whoever owns the session's pump, until it finds nothing to send.</remarks>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no registration outlives the path: there is nothing to release.")]
internal sealed class SessionPath : IRecordHandler, IThreadPoolWorkItem
{
    /// <summary>Nothing on the way calls a path idle any sooner.</summary>
    private static readonly TimeSpan IdleTimeoutHintThreshold = TimeSpan.FromSeconds(5);

    /// <summary>How many round trips a ping's answer may take before the path is dead, however short the interval is.</summary>
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

    // Owned by whoever pumps.
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _pendingWrite;
    private bool _writeInFlight;
    private bool _hasYielded;

    // Set before the reader starts.
    private ITimer? _keepAliveTimer;

    // Written by the reader.
    private long _readCount;
    private long _lastReadTimestamp;

    // Written by reader and pump: when bytes came or went last.
    private long _lastActivityTimestamp;

    /// <param name="session">The session.</param>
    /// <param name="connection">The connection; owned.</param>
    /// <param name="receiveBuffer">What has been received behind the handshake; owned.</param>
    /// <param name="epoch">1 for the session's first path; each later one has a higher epoch.</param>
    /// <param name="options">This side's.</param>
    public SessionPath(TunnelSession session, ITransportConnection connection, ReceiveBuffer receiveBuffer, uint epoch, TunnelOptions options)
    {
        _session = session;
        _options = options;
        _connection = connection;
        _receiveBuffer = receiveBuffer;
        receiveBuffer.AccountTo(session.Memory, options.TimeProvider);
        Epoch = epoch;
        _parser = new RecordParser(expectsStart: epoch > 1);
        _resumePump = Pump;

        // A path that bears little silence is pinged more often, and is not dead any sooner.
        TimeSpan interval = options.KeepAliveInterval;
        _keepAliveInterval = connection.Info.MaxIdleTime is { } most && most < interval ? most : interval;
        int near = (int)(KeepAlive.DefaultMaxUnansweredPings * (interval / _keepAliveInterval));

        // On a path whose answers take longer than the interval several pings are always under way.
        int far = (int)Math.Min(Math.Ceiling(MinPongTimeoutRoundTrips * (receiveBuffer.RoundTripTime / _keepAliveInterval)), int.MaxValue);
        _maxUnansweredPings = Math.Max(near, far);
        _keepAlive = new KeepAlive(_maxUnansweredPings);
    }

    public uint Epoch { get; }

    public string Transport => _connection.Info.Transport;

    /// <summary>Guarded by the session's gate: the session does not write to this path any more.</summary>
    public bool IsDetached { get; set; }

    /// <summary>Completes, without an exception, when nothing of the path runs any more and its connection is released.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Completes, without an exception, when nothing is read from the path nor written to it any more; its connection may still be closing.</summary>
    public Task IoStopped => _ioStopped.Task;

    /// <summary>How often bytes have come; a hint.</summary>
    public long ReadCount => Volatile.Read(ref _readCount);

    /// <summary>Whether a ping was sent and nothing has come since; a hint.</summary>
    public bool IsAwaitingPong => _keepAlive.IsAwaitingPong;

    /// <summary>Starts reading. Once; also when it was stopped meanwhile, which then ends it.</summary>
    public void Start()
    {
        _lastReadTimestamp = _lastActivityTimestamp = _options.TimeProvider.GetTimestamp();
        _keepAliveTimer = _options.TimeProvider.CreateTimer(static s => ((SessionPath)s!).OnKeepAliveInterval(), this, _keepAliveInterval, _keepAliveInterval);

        // Calls begin on the reader's thread: what flows along here, of a request or of who connects, is not theirs.
        ThreadPool.UnsafeQueueUserWorkItem(static path => _ = path.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Releases a path that never began to carry the session.</summary>
    public async Task DiscardAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        _receiveBuffer.Dispose();
        _ioStopped.Set();
        _stopped.Set();
    }

    /// <summary>Ends reading and writing soon; <see cref="Stopped"/> tells when.</summary>
    public void Stop() => _lifetime.Cancel();

    /// <summary>Nobody pumps any more; by the session, when nobody does, or by the pump.</summary>
    public void OnPumpStopped() => _pumpStopped.Set();

    /// <summary>A ping goes out besides those of the intervals.</summary>
    public void OnProbeSent() => _keepAlive.OnProbeSent();

    /// <summary>Records other than pings have been sent.</summary>
    public void OnTrafficSent() => _keepAlive.OnTrafficSent();

    void IThreadPoolWorkItem.Execute()
    {
        // Once a write: what came to the queue behind the pump has something to send, too.
        _hasYielded = !_hasYielded && _session.WorkQueue.HasWorkItems;
        if (_hasYielded)
        {
            _session.WorkQueue.Enqueue(this);
        }
        else
        {
            Pump();
        }
    }

    /// <summary>Writes until there is nothing to write. Runs for whoever owns the pump; goes on as its own continuation when a write waits, and as a piece of the session's work when others are ready.</summary>
    public void Pump()
    {
        try
        {
            while (true)
            {
                if (!_writeInFlight)
                {
                    if (!_session.TryTakeWrite(this, out ReadOnlySequence<byte> batch))
                    {
                        return;
                    }

#pragma warning disable CA2012 // Awaited by hand, once: this loop is its own continuation, so that a flush allocates nothing.
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
                if (_session.HasUnsentBytes && _session.WorkQueue.HasWorkItems)
                {
                    // What is ready to run shares the next write.
                    _hasYielded = true;
                    _session.WorkQueue.Enqueue(this);
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
            // A transport may be anybody's: its defect must not end the process, nor leave callers waiting.
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
        _session.OnPing(nonce);
    }

    void IRecordHandler.OnPong(ulong nonce)
    {
        // It was heard, and that is all it is for.
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
            // Whatever it is, it must not leave callers waiting.
            OnUnexpectedError(defect);
        }
        finally
        {
            // A write that does not heed its token ends by the release.
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
            // A connection must not throw here, and may be anybody's.
            OnUnexpectedError(defect);
        }
    }

    /// <summary>A path that the session has left may do what it likes.</summary>
    private void OnUnexpectedError(Exception defect)
    {
        if (IsDetached)
        {
            _session.Paths.OnDisconnected(this, defect);
        }
        else
        {
            _session.EndWithInternalError(defect);
        }
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            // In the first round it is what came behind the handshake.
            _receiveBuffer.Consume(_parser.Parse(_receiveBuffer.Buffered, this));
            _session.OnReceiveBufferParsed();
            ValueTask<bool> filling = _receiveBuffer.ReadMoreAsync(_lifetime.Token);
            if (!await new InlineDrainAwaiter<bool>(filling.ConfigureAwait(false).GetAwaiter(), _session.WorkQueue))
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
                _session.SendPing();
                break;
            case KeepAliveAction.Disconnect:
                _session.Paths.OnDisconnected(this, new TunnelException(TunnelStatus.Unavailable, $"The path is dead: {(_maxUnansweredPings == KeepAlive.DefaultMaxUnansweredPings ? "two" : _maxUnansweredPings)} pings, {_keepAliveInterval} apart, were not answered."));
                break;
        }
    }

    /// <summary>A loss that came out of silence has a cause that the user can do something about.</summary>
    private Exception AddIdleTimeoutHint(Exception error)
    {
        TimeSpan silence = _options.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastActivityTimestamp));
        return silence < IdleTimeoutHintThreshold
            ? error
            : new TransportException(
                $"{error.Message} Nothing had been sent or received for {silence.TotalSeconds:0} s: most likely something on the way ends idle paths. A KeepAliveInterval (now {_keepAliveInterval}) below that time keeps them.", error);
    }

    private static bool IsDisconnect(Exception error) => error is TransportException or OperationCanceledException or ObjectDisposedException;

    private sealed class PeerClosedException(CloseMessage close) : Exception
    {
        public CloseMessage Close { get; } = close;
    }
}
