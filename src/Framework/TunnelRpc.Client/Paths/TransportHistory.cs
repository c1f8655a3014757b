using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>
/// What a client remembers of the ways to its server: which transport won, and which failed where another one won. Keyed by
/// the proxy and the network that this machine is on, so that a change of either begins anew. Thread-safe.
/// </summary>
internal sealed class TransportHistory(TimeProvider timeProvider)
{
    /// <summary>How long a winner is tried first.</summary>
    public static readonly TimeSpan WinnerLifetime = TimeSpan.FromMinutes(30);

    /// <summary>How long a transport that failed is tried last, and not in the background.</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromMinutes(5);

    // More networks and proxies than a machine sees in half an hour.
    private const int MaxRoutes = 32;

    // All guarded by _gate.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RouteHistory> _routes = [];
    private long _useCounter;

    /// <summary>The key of a way: the server, the proxy and the network.</summary>
    public static string GetRouteKey(TunnelEndpoint endpoint) => $"{endpoint.Address.Authority} {endpoint.Proxy} {LocalNetwork.GetPrefixes()}";

    /// <summary>The order in which to try the transports: the last winner, then those that are not known to fail, in the order of preference.</summary>
    public IEnumerable<string> GetStartOrder(string routeKey, IReadOnlyList<string> transports)
    {
        lock (_gate)
        {
            RouteHistory known = GetOrAddLocked(routeKey);
            string? winner = known.Winner is { } last && GetAge(last.At) < WinnerLifetime ? last.Transport : null;
            return [.. transports.OrderBy(t => t == winner ? 0 : HasRecentFailureLocked(known, t) ? 2 : 1)];
        }
    }

    /// <summary>The transport's path carries a session.</summary>
    public void RecordSuccess(string routeKey, string transport)
    {
        lock (_gate)
        {
            RouteHistory known = GetOrAddLocked(routeKey);
            known.Winner = (transport, timeProvider.GetTimestamp());
            known.Failures.Remove(transport);
        }
    }

    /// <summary>The transport failed where another one did not.</summary>
    public void RecordFailure(string routeKey, string transport)
    {
        lock (_gate)
        {
            GetOrAddLocked(routeKey).Failures[transport] = timeProvider.GetTimestamp();
        }
    }

    /// <summary>How long the transport is still known to fail; zero when it is not.</summary>
    public TimeSpan GetRemainingFailureTime(string routeKey, string transport)
    {
        lock (_gate)
        {
            return GetOrAddLocked(routeKey).Failures.TryGetValue(transport, out long at) && FailureLifetime - GetAge(at) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
        }
    }

    private bool HasRecentFailureLocked(RouteHistory route, string transport) => route.Failures.TryGetValue(transport, out long at) && GetAge(at) < FailureLifetime;

    private TimeSpan GetAge(long timestamp) => timeProvider.GetElapsedTime(timestamp);

    private RouteHistory GetOrAddLocked(string routeKey)
    {
        if (!_routes.TryGetValue(routeKey, out RouteHistory? way))
        {
            if (_routes.Count == MaxRoutes)
            {
                _routes.Remove(_routes.MinBy(w => w.Value.LastUse).Key);
            }

            _routes[routeKey] = way = new RouteHistory();
        }

        way.LastUse = ++_useCounter;
        return way;
    }

    private sealed class RouteHistory
    {
        public (string Transport, long At)? Winner { get; set; }

        public Dictionary<string, long> Failures { get; } = [];

        public long LastUse { get; set; }
    }
}
