using System.Net;

namespace TunnelRpc.Transports.Dialing;

/// <summary>
/// What the dials of one attempt observed: the stage that they reached, and each address that they tried. It also keeps the address that
/// the attempt's connection uses, so that all exchanges of one connection go to the same server. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class DialRecord(TimeProvider timeProvider)
{
    /// <summary>The most addresses that a record lists. Later ones are tried, too, but not listed.</summary>
    public const int MaxAttempts = 64;

    private readonly Lock _gate = new();

    // All guarded by _gate.
    private readonly List<Entry> _entries = [];
    private (string Host, IPAddress Address)? _connected;
    private long _connectedAt;
    private DialStage _stage;
    private bool _isClosed;

    /// <summary>The last stage that any dial of the attempt has reached.</summary>
    public DialStage Stage
    {
        get
        {
            lock (_gate)
            {
                return _stage;
            }
        }
    }

    /// <summary>The name and the address of the last TCP connection; null when none has opened.</summary>
    public (string Host, IPAddress Address)? Connected
    {
        get
        {
            lock (_gate)
            {
                return _connected;
            }
        }
    }

    /// <summary>Records a stage. A stage before the current one has no effect.</summary>
    public void NoteStage(DialStage stage)
    {
        lock (_gate)
        {
            _stage = stage > _stage ? stage : _stage;
        }
    }

    /// <summary>Records the start of a try. Returns the entry to end with <see cref="End"/>; null when the record lists no more.</summary>
    public object? Begin(IPEndPoint address)
    {
        lock (_gate)
        {
            _stage = _stage < DialStage.Connecting ? DialStage.Connecting : _stage;
            if (_isClosed || _entries.Count == MaxAttempts)
            {
                return null;
            }

            Entry entry = new(address, timeProvider.GetTimestamp());
            _entries.Add(entry);
            return entry;
        }
    }

    /// <summary>Records the result of a try. A further try of the same address with the same result is not listed again.</summary>
    public void End(object? token, AddressOutcome outcome, string? error)
    {
        if (token is not Entry entry)
        {
            return;
        }

        lock (_gate)
        {
            entry.Result = new AddressAttempt(entry.Address, outcome, timeProvider.GetElapsedTime(entry.StartTimestamp)) { Error = error };
            if (_entries.Exists(e => e != entry && e.Result?.Outcome == outcome && e.Address.Equals(entry.Address)))
            {
                _entries.Remove(entry);
            }
        }
    }

    /// <summary>Records the TCP connection that the dial returned.</summary>
    public void NoteConnected(string host, IPAddress address)
    {
        lock (_gate)
        {
            _stage = _stage < DialStage.Connected ? DialStage.Connected : _stage;
            _connected = (host, address);
            _connectedAt = timeProvider.GetTimestamp();
        }
    }

    /// <summary>Whether the attempt has a TCP connection to the address, and has received no response for this time.</summary>
    public bool IsWaitingForResponse(string host, IPAddress address, TimeSpan time)
    {
        lock (_gate)
        {
            return _stage < DialStage.Responded
                && _connected is { } connected
                && connected.Host == host
                && connected.Address.Equals(address)
                && timeProvider.GetElapsedTime(_connectedAt) >= time;
        }
    }

    /// <summary>
    /// Ends the list, and returns it. Later dials of the connection are not listed.
    /// </summary>
    /// <param name="hasTimedOut">
    /// Whether the attempt timed out. Tries without a result then count as timed out if no address has connected.
    /// </param>
    public IReadOnlyList<AddressAttempt> Close(bool hasTimedOut)
    {
        lock (_gate)
        {
            _isClosed = true;
            AddressOutcome pending = hasTimedOut && _connected is null ? AddressOutcome.TimedOut : AddressOutcome.Abandoned;
            return
            [
                .. _entries.Select(e => e.Result switch
                {
                    null => new AddressAttempt(e.Address, pending, timeProvider.GetElapsedTime(e.StartTimestamp)),
                    { Outcome: AddressOutcome.Abandoned } abandoned => abandoned with { Outcome = pending },
                    { } result => result,
                }),
            ];
        }
    }

    // Result is guarded by the record's lock.
    private sealed class Entry(IPEndPoint address, long startTimestamp)
    {
        public IPEndPoint Address => address;

        public long StartTimestamp => startTimestamp;

        public AddressAttempt? Result { get; set; }
    }
}
