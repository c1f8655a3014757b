using TunnelRpc.Transports;

namespace TunnelRpc.Client.Negotiation;

/// <summary>
/// What a client remembers of the ways to its server: which transport won, and which failed where another one won. Keyed by
/// the proxy and the network that this machine is on, so that a change of either begins anew. Thread-safe.
/// </summary>
internal sealed class PathMemory(TimeProvider timeProvider)
{
    /// <summary>How long a winner is tried first.</summary>
    public static readonly TimeSpan WinnerLife = TimeSpan.FromMinutes(30);

    /// <summary>How long a transport that failed is tried last, and not in the background.</summary>
    public static readonly TimeSpan FailureLife = TimeSpan.FromMinutes(5);

    // More networks and proxies than a machine sees in half an hour.
    private const int MaxWays = 32;

    // All guarded by _gate.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Way> _ways = [];
    private long _uses;

    /// <summary>The key of a way: the server, the proxy and the network.</summary>
    public static string WayTo(TunnelEndpoint endpoint) => $"{endpoint.Address.Authority} {endpoint.Proxy} {LocalNetwork.Describe()}";

    /// <summary>The order in which to try the transports: the last winner, then those that are not known to fail, in the order of preference.</summary>
    public IEnumerable<string> Order(string way, IReadOnlyList<string> preferred)
    {
        lock (_gate)
        {
            Way known = Find(way);
            string? winner = known.Winner is { } last && Age(last.At) < WinnerLife ? last.Transport : null;
            return [.. preferred.OrderBy(t => t == winner ? 0 : FailsLocked(known, t) ? 2 : 1)];
        }
    }

    /// <summary>The transport's path carries a session.</summary>
    public void Won(string way, string transport)
    {
        lock (_gate)
        {
            Way known = Find(way);
            known.Winner = (transport, timeProvider.GetTimestamp());
            known.Failures.Remove(transport);
        }
    }

    /// <summary>The transport failed where another one did not.</summary>
    public void Failed(string way, string transport)
    {
        lock (_gate)
        {
            Find(way).Failures[transport] = timeProvider.GetTimestamp();
        }
    }

    /// <summary>How long the transport is still known to fail; zero when it is not.</summary>
    public TimeSpan FailsFor(string way, string transport)
    {
        lock (_gate)
        {
            return Find(way).Failures.TryGetValue(transport, out long at) && FailureLife - Age(at) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
        }
    }

    private bool FailsLocked(Way way, string transport) => way.Failures.TryGetValue(transport, out long at) && Age(at) < FailureLife;

    private TimeSpan Age(long timestamp) => timeProvider.GetElapsedTime(timestamp);

    private Way Find(string name)
    {
        if (!_ways.TryGetValue(name, out Way? way))
        {
            if (_ways.Count == MaxWays)
            {
                _ways.Remove(_ways.MinBy(w => w.Value.LastUse).Key);
            }

            _ways[name] = way = new Way();
        }

        way.LastUse = ++_uses;
        return way;
    }

    private sealed class Way
    {
        public (string Transport, long At)? Winner { get; set; }

        public Dictionary<string, long> Failures { get; } = [];

        public long LastUse { get; set; }
    }
}
