using System.Security.Claims;
using System.Security.Cryptography;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>
/// What lies between a connection of the answering side and the exchanges that carry it: the bytes both ways, and whose turn it
/// is. Ends when its connection is disposed and its last bytes are fetched, or when its client is. Thread-safe.
/// </summary>
internal sealed class ServerLegConnection : IDisposable
{
    private readonly Lock _gate = new();
    private readonly byte[] _key;
    private readonly ClaimsPrincipal? _user;
    private readonly Action<ServerLegConnection> _onOpenedOrEnded;
    private readonly ITimer _timer;

    // Never disposed: exchanges link to it at any time.
    private readonly CancellationTokenSource _stop = new();

    // All below under the gate, but for _seen, _blocks and _upStreams, which are by Interlocked or volatile.
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

    /// <summary>Of a carrier that waits for its first exchange up.</summary>
    /// <param name="id">The client's name for it.</param>
    /// <param name="key">What proofs are made with.</param>
    /// <param name="name">The transport that its legs make.</param>
    /// <param name="user">Who all its exchanges must be authenticated as.</param>
    /// <param name="timings">The clock, and how long things last.</param>
    /// <param name="onOpenedOrEnded">Told once when it is over, or opened; never under a lock.</param>
    public ServerLegConnection(string id, byte[] key, string name, ClaimsPrincipal? user, LegTimings timings, Action<ServerLegConnection> onOpenedOrEnded)
    {
        Id = id;
        TransportName = name;
        Timings = timings;
        _key = key;
        _user = user;
        _onOpenedOrEnded = onOpenedOrEnded;
        _timer = timings.TimeProvider.CreateTimer(static carrier => ((ServerLegConnection)carrier!).OnTimer(), this, LegTimings.FirstUploadTimeout, Timeout.InfiniteTimeSpan);
    }

    public string Id { get; }

    public string TransportName { get; }

    public LegTimings Timings { get; }

    /// <summary>What goes down.</summary>
    public LegSendBuffer SendBuffer { get; } = new(LegProtocol.MaxUnacknowledgedBytes, LegProtocol.MaxUnsentBytes);

    /// <summary>What comes up.</summary>
    public LegReceiveBuffer ReceiveBuffer { get; } = new(LegProtocol.MaxUnreadBytes);

    /// <summary>Signalled when no exchange has anything to do any more.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>The last probe that came up, under its epoch.</summary>
    public long LastProbe => Interlocked.Read(ref _lastProbe);

    /// <summary>Whether the up leg streams at present, so that what it received is told on the down leg.</summary>
    public bool IsUploadStreaming => _isUploadStreaming;

    /// <summary>Whether nothing more is taken up: the connection is closed.</summary>
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

    /// <summary>Whether it is over, or lost for good.</summary>
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

    /// <summary>Whether nobody has come up yet.</summary>
    public bool IsPending
    {
        get
        {
            lock (_gate)
            {
                return _phase == LegConnectionPhase.Pending;
            }
        }
    }

    /// <summary>Whether an exchange was made by this carrier's client, and as its user.</summary>
    public bool IsAuthentic(IHttpExchange exchange, bool isDownload, string legHeader)
    {
        byte[] proof = LegProtocol.DecodeKeyOrProof(exchange.GetRequestHeader(LegProtocol.ProofHeader)) ?? [];
        bool proved = CryptographicOperations.FixedTimeEquals(proof, LegProtocol.ComputeProof(_key, exchange.Method, Id, isDownload, legHeader));
        return proved & UserIdentity.AreSame(exchange.User, _user);
    }

    /// <summary>Makes the caller the one that gives the connection away; false when that was done already.</summary>
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

        _onOpenedOrEnded(this);
        return true;
    }

    /// <summary>Counts an exchange, without any of which a carrier is lost after a while. Disposal ends the count.</summary>
    public Attachment Attach()
    {
        lock (_gate)
        {
            _activeExchanges++;
            SetTimer();
        }

        return new Attachment(this);
    }

    /// <summary>
    /// Opens the down leg from an offset on. One of the same epoch may come again, since clients and proxies repeat a GET; the one
    /// before is over in any case.
    /// </summary>
    /// <param name="header">The exchange's.</param>
    /// <param name="superseded">Cancelled when the leg is opened again.</param>
    /// <param name="claim">The right to take from <see cref="SendBuffer"/>.</param>
    public bool TryOpenDownload(LegHeader header, CancellationTokenSource superseded, out long claim)
    {
        CancellationTokenSource? before;
        lock (_gate)
        {
            claim = -1;
            if (header.Epoch < _downloadEpoch || !SendBuffer.TryAcknowledge(header.ConsumedOffset) || !SendBuffer.TryClaimFrom(header.Offset, out claim))
            {
                return false;
            }

            _downloadEpoch = header.Epoch;
            before = _downloadSuperseded;
            _downloadSuperseded = superseded;
        }

        before?.Cancel();
        return true;
    }

    /// <summary>Opens the up leg, to stream or for blocks. A stream's epoch must be new.</summary>
    /// <param name="header">The exchange's.</param>
    /// <param name="superseded">For a stream: cancelled when the leg is opened again.</param>
    public bool TryOpenUpload(LegHeader header, CancellationTokenSource? superseded)
    {
        CancellationTokenSource? before = null;
        lock (_gate)
        {
            bool isNew = !ReceiveBuffer.IsCurrentEpoch(header.Epoch);
            if (!ReceiveBuffer.TryBeginEpoch(header.Epoch, allowSame: superseded is null))
            {
                return false;
            }

            if (isNew)
            {
                before = _uploadSuperseded;
                _uploadSuperseded = superseded;
                _isUploadStreaming = superseded is not null;
            }
        }

        before?.Cancel();
        return true;
    }

    /// <summary>A probe came up.</summary>
    public void OnProbeReceived(long epoch, long number)
    {
        Interlocked.Exchange(ref _lastProbe, (epoch << 32) | (number & uint.MaxValue));
        SendBuffer.NotifyChanged();
    }

    /// <summary>Counts a block that is worked on; false when there are too many.</summary>
    public bool TryAcquireBlockPermit()
    {
        // Two in flight, and two that the server still holds although their client has given them up.
        if (Interlocked.Increment(ref _activeBlocks) <= 4)
        {
            return true;
        }

        ReleaseBlockPermit();
        return false;
    }

    public void ReleaseBlockPermit() => Interlocked.Decrement(ref _activeBlocks);

    /// <summary>The client has ended, and read or sent all that it will.</summary>
    /// <param name="failure">Null when it did so in order.</param>
    public void OnClientEnded(TransportException? failure)
    {
        bool over;
        lock (_gate)
        {
            _hasClientEnded = true;
            over = _phase is LegConnectionPhase.Pending or LegConnectionPhase.Closing;
            SetTimer();
        }

        if (failure is not null)
        {
            ReceiveBuffer.Fail(failure);
        }

        SendBuffer.Fail(failure ?? new TransportException($"{TransportName}: the client has ended the connection."));
        if (over)
        {
            Dispose();
        }
    }

    /// <summary>The connection is disposed.</summary>
    public void Close(bool writeInterrupted)
    {
        bool over;
        lock (_gate)
        {
            over = writeInterrupted || _hasClientEnded || _timedOut;
            if (_phase != LegConnectionPhase.Ended)
            {
                _phase = LegConnectionPhase.Closing;
            }

            SetTimer();
        }

        SendBuffer.Complete();
        if (over)
        {
            Dispose();
        }
    }

    /// <summary>Ends everything. Idempotent.</summary>
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

        _timer.Dispose();
        _stop.Cancel();
        ReceiveBuffer.Dispose();
        SendBuffer.Dispose();
        _onOpenedOrEnded(this);
    }

    /// <summary>Frees one that nobody got to know.</summary>
    public void Discard() => _timer.Dispose();

    private void Detach()
    {
        lock (_gate)
        {
            _activeExchanges--;
            SetTimer();
        }
    }

    // Under the gate.
    private void SetTimer()
    {
        switch (_phase)
        {
            case LegConnectionPhase.Open:
                _timer.Change(_activeExchanges > 0 || _hasClientEnded ? Timeout.InfiniteTimeSpan : Timings.DetachedTimeout, Timeout.InfiniteTimeSpan);
                break;
            case LegConnectionPhase.Closing when !_stop.IsCancellationRequested && !_isLingering:
                _isLingering = true;
                _timer.Change(LegTimings.LingerTimeout, Timeout.InfiniteTimeSpan);
                break;
            default:
                // Runs since the beginning, or is not needed any more.
                break;
        }
    }

    private void OnTimer()
    {
        bool lost;
        lock (_gate)
        {
            lost = _phase == LegConnectionPhase.Open;
            if (lost && (_activeExchanges > 0 || _hasClientEnded))
            {
                // An exchange came as the timer fired.
                return;
            }

            _timedOut = lost;
        }

        if (lost)
        {
            TransportException failure = new($"{TransportName}: no exchange of the client's came for {Timings.DetachedTimeout.TotalSeconds:0} s.");
            ReceiveBuffer.Fail(failure);
            SendBuffer.Fail(failure);
        }
        else
        {
            Dispose();
        }
    }

    /// <summary>An exchange's part in its carrier.</summary>
    public readonly struct Attachment(ServerLegConnection connection) : IDisposable
    {
        public void Dispose() => connection.Detach();
    }
}
