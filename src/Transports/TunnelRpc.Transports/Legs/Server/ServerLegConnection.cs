using System.Diagnostics;
using System.Security.Claims;
using System.Security.Cryptography;

namespace TunnelRpc.Transports.Legs.Server;

// Decision: docs/adr/0016-leg-connection-outlives-its-exchange.md
/// <summary>
/// The server's state of a leg connection, shared by its exchanges: the send and the receive buffer, and the current exchange of each leg.
/// It ends after the server has closed it and the client has fetched the last bytes, or after the client has ended it. Thread-safe.
/// </summary>
[DebuggerDisplay("{TransportName,nq} {Id,nq}, {_phase}, {_activeExchanges} active exchanges, download epoch {_downloadEpoch}")]
internal sealed class ServerLegConnection : IDisposable
{
    // The maximum number of blocks that are handled concurrently: two in flight, and two abandoned by the client that the server still
    // handles.
    private const int MaxActiveBlocks = 12;

    private readonly Lock _gate = new();
    private readonly byte[] _key;
    private readonly ClaimsPrincipal? _user;
    private readonly Action<ServerLegConnection> _onChanged;
    private readonly ITimer _timer;

    // Never disposed: exchanges are linked to its token at any time.
    private readonly CancellationTokenSource _stop = new();

    // All fields below are guarded by _gate, except _lastProbe and _activeBlocks (changed with Interlocked) and _isUploadStreaming
    // (volatile, written under _gate).
    private LegConnectionPhase _phase;
    private bool _hasClientEnded;
    private bool _timedOut;
    private bool _isLingering;
    private long _downloadEpoch;
    private int _activeExchanges;
    private CancellationTokenSource? _downloadSuperseded;
    private CancellationTokenSource? _uploadSuperseded;
    private long _lastProbe;
    private int _activeBlocks;
    private volatile bool _isUploadStreaming;

    /// <summary>Creates a pending leg connection, which waits for its upload leg for <see cref="LegTimings.FirstUploadTimeout"/>.</summary>
    /// <param name="id">The id that the client created.</param>
    /// <param name="key">The key of the proofs.</param>
    /// <param name="transportName">The name of the transport.</param>
    /// <param name="user">The user that all exchanges must be authenticated as; null for none.</param>
    /// <param name="timings">The clock and the timeouts.</param>
    /// <param name="onChanged">
    /// Called when the connection is accepted, when its only exchange was aborted before that, and when it has ended; never under a lock.
    /// </param>
    public ServerLegConnection(
        string id, byte[] key, string transportName, ClaimsPrincipal? user, LegTimings timings, Action<ServerLegConnection> onChanged)
    {
        Id = id;
        TransportName = transportName;
        Timings = timings;
        _key = key;
        _user = user;
        _onChanged = onChanged;
        _timer = timings.TimeProvider.CreateTimer(
            static connection => ((ServerLegConnection)connection!).OnTimer(),
            this,
            LegTimings.FirstUploadTimeout,
            Timeout.InfiniteTimeSpan);
    }

    public string Id { get; }

    public string TransportName { get; }

    public LegTimings Timings { get; }

    /// <summary>The bytes to the client.</summary>
    public LegSendBuffer SendBuffer { get; } = new(LegProtocol.MaxUnacknowledgedBytes, LegProtocol.MaxUnsentBytes);

    /// <summary>The bytes from the client.</summary>
    public LegReceiveBuffer ReceiveBuffer { get; } = new(LegProtocol.MaxUnreadBytes);

    /// <summary>Signalled at disposal: all exchanges must end.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>The last received probe: the upload's epoch in the upper 32 bits, the probe's number in the lower.</summary>
    public long LastProbe => Interlocked.Read(ref _lastProbe);

    /// <summary>Whether the upload leg is a stream at the moment, so that the download leg reports the consumed offset.</summary>
    public bool IsUploadStreaming => _isUploadStreaming;

    /// <summary>Whether the server has closed the connection, so that bytes from the client are discarded.</summary>
    public bool IsClosing
    {
        get
        {
            lock (_gate)
            {
                return _phase is LegConnectionPhase.Closing;
            }
        }
    }

    /// <summary>Whether the connection has ended or has failed by <see cref="LegTimings.DetachedTimeout"/>.</summary>
    public bool IsEnded
    {
        get
        {
            lock (_gate)
            {
                return _phase == LegConnectionPhase.Ended || _timedOut;
            }
        }
    }

    /// <summary>Whether an exchange has a valid proof of this connection's key and is authenticated as this connection's user.</summary>
    public bool IsAuthentic(IHttpExchange exchange, bool isDownload, string legHeader)
    {
        byte[] proof = LegProtocol.DecodeKeyOrProof(exchange.GetRequestHeader(LegProtocol.ProofHeader)) ?? [];
        byte[] expected = LegProtocol.ComputeProof(_key, exchange.Method, Id, isDownload, legHeader);
        return CryptographicOperations.FixedTimeEquals(proof, expected) & UserIdentity.AreSame(exchange.User, _user);
    }

    /// <summary>
    /// Changes the phase from Pending to Open; returns false in any other phase. The caller that gets true returns the accepted connection
    /// to the host.
    /// </summary>
    public bool TryAccept()
    {
        lock (_gate)
        {
            if (_phase != LegConnectionPhase.Pending)
            {
                return false;
            }

            _phase = LegConnectionPhase.Open;
            SetTimer();
        }

        _onChanged(this);
        return true;
    }

    /// <summary>
    /// Counts an open exchange until the result is disposed. An open connection without any open exchange fails after
    /// <see cref="LegTimings.DetachedTimeout"/>. A pending connection no longer counts when its last
    /// exchange was aborted.
    /// </summary>
    /// <param name="aborted">Cancelled if the exchange was aborted.</param>
    public Attachment Attach(CancellationToken aborted)
    {
        lock (_gate)
        {
            _activeExchanges++;
            SetTimer();
        }

        return new Attachment(this, aborted);
    }

    /// <summary>
    /// Opens the download leg at the offset of the header and supersedes the previous exchange of the leg. The same epoch is allowed again,
    /// because clients and proxies retry GET requests. Returns false for a lower epoch or an unavailable offset.
    /// </summary>
    /// <param name="header">The header of the exchange.</param>
    /// <param name="superseded">Cancelled when the leg is reopened.</param>
    /// <param name="claim">The claim of <see cref="SendBuffer"/>.</param>
    public bool TryOpenDownload(LegHeader header, CancellationTokenSource superseded, out long claim)
    {
        CancellationTokenSource? previous;
        lock (_gate)
        {
            claim = -1;
            if (header.Epoch < _downloadEpoch
                || !SendBuffer.TryAcknowledge(header.ConsumedOffset)
                || !SendBuffer.TryClaimFrom(header.Offset, out claim))
            {
                return false;
            }

            _downloadEpoch = header.Epoch;
            previous = _downloadSuperseded;
            _downloadSuperseded = superseded;
        }

        previous?.Cancel();
        return true;
    }

    /// <summary>
    /// Opens the upload leg for a stream or for a block. A new epoch supersedes the previous stream. Returns false for a lower epoch, and
    /// for a stream also for the same epoch.
    /// </summary>
    /// <param name="header">The header of the exchange.</param>
    /// <param name="superseded">For a stream: cancelled when the leg is reopened. Null for blocks.</param>
    public bool TryOpenUpload(LegHeader header, CancellationTokenSource? superseded)
    {
        CancellationTokenSource? previous = null;
        lock (_gate)
        {
            bool isNew = !ReceiveBuffer.IsCurrentEpoch(header.Epoch);
            if (!ReceiveBuffer.TryBeginEpoch(header.Epoch, allowSame: superseded is null))
            {
                return false;
            }

            if (isNew)
            {
                previous = _uploadSuperseded;
                _uploadSuperseded = superseded;
                _isUploadStreaming = superseded is not null;
            }
        }

        previous?.Cancel();
        return true;
    }

    /// <summary>Records a probe of the upload leg, and notifies the download leg to report it.</summary>
    public void OnProbeReceived(long epoch, long number)
    {
        Interlocked.Exchange(ref _lastProbe, (epoch << 32) | (number & uint.MaxValue));
        SendBuffer.NotifyChanged();
    }

    /// <summary>
    /// Acquires a permit to handle a block; returns false when <see cref="MaxActiveBlocks"/> blocks are active. Release it with
    /// <see cref="ReleaseBlockPermit"/>.
    /// </summary>
    public bool TryAcquireBlockPermit()
    {
        if (Interlocked.Increment(ref _activeBlocks) <= MaxActiveBlocks)
        {
            return true;
        }

        ReleaseBlockPermit();
        return false;
    }

    public void ReleaseBlockPermit() => Interlocked.Decrement(ref _activeBlocks);

    /// <summary>Handles the end of the connection by the client, which neither sends nor reads more bytes.</summary>
    /// <param name="failure">Null for an orderly end.</param>
    public void OnClientEnded(TransportException? failure)
    {
        bool dispose;
        lock (_gate)
        {
            _hasClientEnded = true;
            dispose = _phase is LegConnectionPhase.Pending or LegConnectionPhase.Closing;
            SetTimer();
        }

        if (failure is not null)
        {
            ReceiveBuffer.Fail(failure);
        }

        SendBuffer.Fail(failure ?? new TransportException($"{TransportName}: the client has ended the connection."));
        if (dispose)
        {
            Dispose();
        }
    }

    /// <summary>
    /// Closes the connection on the server: the client can still fetch the written bytes for <see cref="LegTimings.LingerTimeout"/>, unless
    /// a write was interrupted or the client has ended.
    /// </summary>
    public void Close(bool writeInterrupted)
    {
        bool dispose;
        lock (_gate)
        {
            dispose = writeInterrupted || _hasClientEnded || _timedOut;
            if (_phase != LegConnectionPhase.Ended)
            {
                _phase = LegConnectionPhase.Closing;
            }

            SetTimer();
        }

        SendBuffer.Complete();
        if (dispose)
        {
            Dispose();
        }
    }

    /// <summary>Ends the connection and all of its exchanges. Idempotent.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_phase == LegConnectionPhase.Ended)
            {
                return;
            }

            _phase = LegConnectionPhase.Ended;
        }

        Release();
    }

    /// <summary>Ends the connection if its upload leg has not been opened.</summary>
    public void DisposeIfPending()
    {
        lock (_gate)
        {
            if (_phase != LegConnectionPhase.Pending)
            {
                return;
            }

            _phase = LegConnectionPhase.Ended;
        }

        Release();
    }

    /// <summary>Releases an instance that was not added to the table.</summary>
    public void Discard() => _timer.Dispose();

    private void Release()
    {
        _timer.Dispose();
        _stop.Cancel();
        ReceiveBuffer.Dispose();
        SendBuffer.Dispose();
        _onChanged(this);
    }

    private void Detach(bool isAborted)
    {
        bool isAbandoned;
        lock (_gate)
        {
            _activeExchanges--;
            SetTimer();
            isAbandoned = isAborted && _activeExchanges == 0 && _phase == LegConnectionPhase.Pending;
        }

        if (isAbandoned)
        {
            // It no longer counts as pending. It still waits for its upload leg: a proxy may have repeated the request.
            _onChanged(this);
        }
    }

    // Called under _gate.
    private void SetTimer()
    {
        switch (_phase)
        {
            case LegConnectionPhase.Open:
                bool isDetached = _activeExchanges == 0 && !_hasClientEnded;
                _timer.Change(isDetached ? Timings.DetachedTimeout : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                break;
            case LegConnectionPhase.Closing when !_stop.IsCancellationRequested && !_isLingering:
                _isLingering = true;
                _timer.Change(LegTimings.LingerTimeout, Timeout.InfiniteTimeSpan);
                break;
            default:
                // Pending: the timer runs since the constructor. Ended, or already lingering: it is not needed or already set.
                break;
        }
    }

    private void OnTimer()
    {
        bool isDetached;
        lock (_gate)
        {
            isDetached = _phase == LegConnectionPhase.Open;
            if (isDetached && (_activeExchanges > 0 || _hasClientEnded))
            {
                // An exchange arrived at the time when the timer fired.
                return;
            }

            _timedOut = isDetached;
        }

        if (isDetached)
        {
            TransportException failure = new(
                $"{TransportName}: the client had no open exchange for {Timings.DetachedTimeout.TotalSeconds:0} s (DetachedTimeout).");
            ReceiveBuffer.Fail(failure);
            SendBuffer.Fail(failure);
        }
        else
        {
            Dispose();
        }
    }

    /// <summary>The registration of an open exchange with its leg connection. Disposal removes it; dispose it once.</summary>
    public readonly struct Attachment(ServerLegConnection connection, CancellationToken aborted) : IDisposable
    {
        public void Dispose() => connection.Detach(aborted.IsCancellationRequested);
    }
}
