using System.Security.Claims;
using System.Security.Cryptography;

namespace TunnelRpc.Transports.Legs.Answering;

/// <summary>
/// What lies between a connection of the answering side and the exchanges that carry it: the bytes both ways, and whose turn it
/// is. Ends when its connection is disposed and its last bytes are fetched, or when its client is. Thread-safe.
/// </summary>
internal sealed class Carrier : IDisposable
{
    private readonly Lock _gate = new();
    private readonly byte[] _key;
    private readonly ClaimsPrincipal? _user;
    private readonly Action<Carrier> _over;
    private readonly ITimer _timer;

    // Never disposed: exchanges link to it at any time.
    private readonly CancellationTokenSource _stop = new();

    // All below under the gate, but for _seen, _blocks and _upStreams, which are by Interlocked or volatile.
    private CarrierPhase _phase;
    private bool _clientEnded;
    private bool _lost;
    private bool _lingering;
    private long _downEpoch;
    private int _legs;
    private CancellationTokenSource? _download;
    private CancellationTokenSource? _upload;
    private long _seen;
    private int _blocks;
    private volatile bool _upStreams;

    /// <summary>Of a carrier that waits for its first exchange up.</summary>
    /// <param name="id">The client's name for it.</param>
    /// <param name="key">What proofs are made with.</param>
    /// <param name="name">The transport that its legs make.</param>
    /// <param name="user">Who all its exchanges must be authenticated as.</param>
    /// <param name="times">The clock, and how long things last.</param>
    /// <param name="over">Told once when it is over, or opened; never under a lock.</param>
    public Carrier(string id, byte[] key, string name, ClaimsPrincipal? user, LegsTimes times, Action<Carrier> over)
    {
        Id = id;
        Name = name;
        Times = times;
        _key = key;
        _user = user;
        _over = over;
        _timer = times.Clock.CreateTimer(static carrier => ((Carrier)carrier!).OnTimer(), this, LegsTimes.PartnerTimeout, Timeout.InfiniteTimeSpan);
    }

    public string Id { get; }

    public string Name { get; }

    public LegsTimes Times { get; }

    /// <summary>What goes down.</summary>
    public SendLog Down { get; } = new(LegsProtocol.RetainedBytes, LegsProtocol.UnsentBytes);

    /// <summary>What comes up.</summary>
    public ReceiveLog Up { get; } = new(LegsProtocol.UnreadBytes);

    /// <summary>Signalled when no exchange has anything to do any more.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>The last probe that came up, under its epoch.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>Whether the up leg streams at present, so that what it received is told on the down leg.</summary>
    public bool UpStreams => _upStreams;

    /// <summary>Whether nothing more is taken up: the connection is closed.</summary>
    public bool IsClosing
    {
        get
        {
            lock (_gate)
            {
                return _phase is CarrierPhase.Closing;
            }
        }
    }

    /// <summary>Whether it is over, or lost for good.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
            {
                return _phase == CarrierPhase.Over || _lost;
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
                return _phase == CarrierPhase.Pending;
            }
        }
    }

    /// <summary>Whether an exchange was made by this carrier's client, and as its user.</summary>
    public bool IsMine(IHttpExchange exchange, bool isDown, string legHeader)
    {
        byte[] proof = LegsProtocol.Decode(exchange.RequestHeader(LegsProtocol.ProofHeader)) ?? [];
        bool proved = CryptographicOperations.FixedTimeEquals(proof, LegsProtocol.Prove(_key, exchange.Method, Id, isDown, legHeader));
        return proved & UserIdentity.AreSame(exchange.User, _user);
    }

    /// <summary>Makes the caller the one that gives the connection away; false when that was done already.</summary>
    public bool TryOpen()
    {
        lock (_gate)
        {
            if (_phase != CarrierPhase.Pending)
            {
                return false;
            }

            _phase = CarrierPhase.Open;
            SetTimer();
        }

        _over(this);
        return true;
    }

    /// <summary>Counts an exchange, without any of which a carrier is lost after a while. Disposal ends the count.</summary>
    public Attachment Attach()
    {
        lock (_gate)
        {
            _legs++;
            SetTimer();
        }

        return new Attachment(this);
    }

    /// <summary>
    /// Opens the down leg from an offset on. One of the same epoch may come again, since clients and proxies repeat a GET; the one
    /// before is over in any case.
    /// </summary>
    /// <param name="header">The exchange's.</param>
    /// <param name="turn">Cancelled when the leg is opened again.</param>
    /// <param name="claim">The right to take from <see cref="Down"/>.</param>
    public bool TryOpenDown(LegHeader header, CancellationTokenSource turn, out long claim)
    {
        CancellationTokenSource? before;
        lock (_gate)
        {
            claim = -1;
            if (header.Epoch < _downEpoch || !Down.TryRelease(header.Consumed) || !Down.TryClaim(header.Offset, out claim))
            {
                return false;
            }

            _downEpoch = header.Epoch;
            before = _download;
            _download = turn;
        }

        before?.Cancel();
        return true;
    }

    /// <summary>Opens the up leg, to stream or for blocks. A stream's epoch must be new.</summary>
    /// <param name="header">The exchange's.</param>
    /// <param name="turn">For a stream: cancelled when the leg is opened again.</param>
    public bool TryOpenUp(LegHeader header, CancellationTokenSource? turn)
    {
        CancellationTokenSource? before = null;
        lock (_gate)
        {
            bool isNew = !Up.IsCurrent(header.Epoch);
            if (!Up.TryBegin(header.Epoch, orSame: turn is null))
            {
                return false;
            }

            if (isNew)
            {
                before = _upload;
                _upload = turn;
                _upStreams = turn is not null;
            }
        }

        before?.Cancel();
        return true;
    }

    /// <summary>A probe came up.</summary>
    public void See(long epoch, long number)
    {
        Interlocked.Exchange(ref _seen, (epoch << 32) | (number & uint.MaxValue));
        Down.Wake();
    }

    /// <summary>Counts a block that is worked on; false when there are too many.</summary>
    public bool TryEnterBlock()
    {
        // Two in flight, and two that the server still holds although their client has given them up.
        if (Interlocked.Increment(ref _blocks) <= 4)
        {
            return true;
        }

        LeaveBlock();
        return false;
    }

    public void LeaveBlock() => Interlocked.Decrement(ref _blocks);

    /// <summary>The client has ended, and read or sent all that it will.</summary>
    /// <param name="failure">Null when it did so in order.</param>
    public void EndByClient(TransportException? failure)
    {
        bool over;
        lock (_gate)
        {
            _clientEnded = true;
            over = _phase is CarrierPhase.Pending or CarrierPhase.Closing;
            SetTimer();
        }

        if (failure is not null)
        {
            Up.Fail(failure);
        }

        Down.Fail(failure ?? new TransportException($"{Name}: the client has ended the connection."));
        if (over)
        {
            Dispose();
        }
    }

    /// <summary>The connection is disposed.</summary>
    public void Close(bool interrupted)
    {
        bool over;
        lock (_gate)
        {
            over = interrupted || _clientEnded || _lost;
            if (_phase != CarrierPhase.Over)
            {
                _phase = CarrierPhase.Closing;
            }

            SetTimer();
        }

        Down.Complete();
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
            if (_phase == CarrierPhase.Over)
            {
                return;
            }

            _phase = CarrierPhase.Over;
        }

        _timer.Dispose();
        _stop.Cancel();
        Up.Dispose();
        Down.Dispose();
        _over(this);
    }

    /// <summary>Frees one that nobody got to know.</summary>
    public void Discard() => _timer.Dispose();

    private void Detach()
    {
        lock (_gate)
        {
            _legs--;
            SetTimer();
        }
    }

    // Under the gate.
    private void SetTimer()
    {
        switch (_phase)
        {
            case CarrierPhase.Open:
                _timer.Change(_legs > 0 || _clientEnded ? Timeout.InfiniteTimeSpan : Times.DetachedTimeout, Timeout.InfiniteTimeSpan);
                break;
            case CarrierPhase.Closing when !_stop.IsCancellationRequested && !_lingering:
                _lingering = true;
                _timer.Change(LegsTimes.Linger, Timeout.InfiniteTimeSpan);
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
            lost = _phase == CarrierPhase.Open;
            if (lost && (_legs > 0 || _clientEnded))
            {
                // An exchange came as the timer fired.
                return;
            }

            _lost = lost;
        }

        if (lost)
        {
            TransportException failure = new($"{Name}: no exchange of the client's came for {Times.DetachedTimeout.TotalSeconds:0} s.");
            Up.Fail(failure);
            Down.Fail(failure);
        }
        else
        {
            Dispose();
        }
    }

    /// <summary>An exchange's part in its carrier.</summary>
    public readonly struct Attachment(Carrier carrier) : IDisposable
    {
        public void Dispose() => carrier.Detach();
    }
}
