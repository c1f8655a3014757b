using System.Net;

namespace TunnelRpc.Transports.Dialing;

// Decision: docs/adr/0045-happy-eyeballs.md
/// <summary>
/// What a client knows about the addresses of a host name: which one it used last, and which ones failed. Shared by all attempts of the
/// client, for servers and for proxies. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class AddressHistory(TimeProvider timeProvider)
{
    /// <summary>How long the address that was used last is tried first (RFC 6555, 4.2).</summary>
    public static readonly TimeSpan PreferenceLifetime = TimeSpan.FromMinutes(10);

    /// <summary>How long an address that failed is tried last.</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The time after which an address counts as silent for the other attempts while one attempt waits there for a response: some load
    /// balancers and firewalls open TCP connections in place of servers that are down.
    /// </summary>
    public static readonly TimeSpan SilenceThreshold = TimeSpan.FromMilliseconds(500);

    // More than a client uses in these times. The least recently used host is removed first; the addresses of a host are removed together.
    private const int MaxHosts = 32;
    private const int MaxAddresses = 64;

    private readonly Lock _gate = new();

    // All guarded by _gate. Under it, the locks of the records are taken, never the reverse.
    private readonly Dictionary<string, HostHistory> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<DialRecord> _running = [];
    private long _useCounter;

    /// <summary>Returns the record of an attempt that starts. The caller ends it with <see cref="EndAttempt"/>.</summary>
    public DialRecord BeginAttempt()
    {
        DialRecord record = new(timeProvider);
        lock (_gate)
        {
            _running.Add(record);
        }

        return record;
    }

    /// <summary>Ends an attempt.</summary>
    /// <param name="record">The record of the attempt.</param>
    /// <param name="hasFailed">Whether the attempt failed for a reason that may be its address's, for instance without a response.</param>
    /// <param name="isPermanent">
    /// Whether the failure may be the transport's as well. Then it does not count for an address that has responded to other transports.
    /// </param>
    public void EndAttempt(DialRecord record, bool hasFailed, bool isPermanent)
    {
        lock (_gate)
        {
            _running.Remove(record);
            if (hasFailed && record.Connected is { } connected)
            {
                HostHistory host = GetOrAddLocked(connected.Host);
                if (!isPermanent || !host.Responded.Contains(connected.Address))
                {
                    host.Fail(connected.Address, timeProvider.GetTimestamp());
                }
            }
        }
    }

    /// <summary>
    /// Orders addresses: those without a recent failure before the others, in each of the two groups the one that was used last first, and
    /// otherwise in the given order.
    /// </summary>
    /// <param name="hostName">The name that the addresses belong to.</param>
    /// <param name="addresses">The addresses, in the order of preference without a history.</param>
    /// <param name="own">The record of the attempt that dials.</param>
    public IPAddress[] Order(string hostName, IReadOnlyList<IPAddress> addresses, DialRecord? own)
    {
        lock (_gate)
        {
            HostHistory host = GetOrAddLocked(hostName);
            IPAddress? preferred = host.Preferred is { } last && timeProvider.GetElapsedTime(last.At) < PreferenceLifetime
                ? last.Address
                : null;
            return
            [
                .. addresses
                    .OrderBy(a => host.HasFailed(a, timeProvider) || IsSilentLocked(hostName, a, own))
                    .ThenBy(a => !a.Equals(preferred)),
            ];
        }
    }

    /// <summary>Records that the address has a TCP connection, which is in use. A failure of earlier connections still counts.</summary>
    public void RecordConnected(string hostName, IPAddress address)
    {
        lock (_gate)
        {
            GetOrAddLocked(hostName).Preferred = (address, timeProvider.GetTimestamp());
        }
    }

    /// <summary>Records that the address did not connect, or not before another one.</summary>
    public void RecordFailure(string hostName, IPAddress address)
    {
        lock (_gate)
        {
            GetOrAddLocked(hostName).Fail(address, timeProvider.GetTimestamp());
        }
    }

    /// <summary>Records that an HTTP response arrived from the address. Its earlier failures no longer count.</summary>
    public void RecordResponse(string hostName, IPAddress address)
    {
        lock (_gate)
        {
            GetOrAddLocked(hostName).Respond(address, timeProvider.GetTimestamp());
        }
    }

    private bool IsSilentLocked(string hostName, IPAddress address, DialRecord? own) =>
        _running.Any(r => r != own && r.IsWaitingForResponse(hostName, address, SilenceThreshold));

    private HostHistory GetOrAddLocked(string hostName)
    {
        if (!_hosts.TryGetValue(hostName, out HostHistory? host))
        {
            if (_hosts.Count == MaxHosts)
            {
                _hosts.Remove(_hosts.MinBy(h => h.Value.LastUse).Key);
            }

            _hosts[hostName] = host = new HostHistory();
        }

        host.LastUse = ++_useCounter;
        return host;
    }

    // Guarded by the history's lock.
    private sealed class HostHistory
    {
        public (IPAddress Address, long At)? Preferred { get; set; }

        public HashSet<IPAddress> Responded { get; } = [];

        public long LastUse { get; set; }

        private Dictionary<IPAddress, long> Failures { get; } = [];

        public bool HasFailed(IPAddress address, TimeProvider timeProvider) =>
            Failures.TryGetValue(address, out long at) && timeProvider.GetElapsedTime(at) < FailureLifetime;

        public void Fail(IPAddress address, long now)
        {
            if (Failures.Count == MaxAddresses)
            {
                Failures.Clear();
            }

            Failures[address] = now;
            Responded.Remove(address);
        }

        public void Respond(IPAddress address, long now)
        {
            if (Responded.Count == MaxAddresses)
            {
                Responded.Clear();
            }

            Responded.Add(address);
            Failures.Remove(address);
            Preferred = (address, now);
        }
    }
}
