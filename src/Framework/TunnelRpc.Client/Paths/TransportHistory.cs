using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

// Decision: docs/adr/0019-transport-history-per-client.md
/// <summary>
/// The history of a client's routes: which transport succeeded last, and which transports failed while another one succeeded. The key of a
/// route contains the server, the proxy and the networks of this machine, so that a change of any of them starts with an empty history.
/// Thread-safe.
/// </summary>
internal sealed class TransportHistory(TimeProvider timeProvider)
{
    /// <summary>How long the last successful transport is tried first.</summary>
    public static readonly TimeSpan WinnerLifetime = TimeSpan.FromMinutes(30);

    /// <summary>How long a transport that failed is tried last, and not tried in the background.</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromMinutes(5);

    // More routes than a machine uses within WinnerLifetime. The least recently used route is removed first.
    private const int MaxRoutes = 32;

    // All guarded by _gate.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RouteHistory> _routes = [];
    private long _useCounter;
    private long _deferralCounter;

    /// <summary>Returns the key of the route to an endpoint: the server, the proxy and the networks of this machine.</summary>
    public static string GetRouteKey(TunnelEndpoint endpoint) =>
        $"{endpoint.Address.Authority} {endpoint.Proxy} {LocalNetwork.GetPrefixes()}";

    /// <summary>
    /// Returns the order in which to start the transports: the last winner, the transports without a recent failure, and the others; each
    /// group in the order of preference.
    /// </summary>
    public IEnumerable<string> GetStartOrder(string routeKey, IReadOnlyList<string> transports)
    {
        lock (_gate)
        {
            RouteHistory route = GetOrAddLocked(routeKey);
            string? winner = route.Winner is { } last && GetAge(last.At) < WinnerLifetime ? last.Transport : null;
            return
            [
                .. transports
                    .OrderBy(t => HasRecentFailureLocked(route, t) || route.Deferrals.ContainsKey(t) ? 2 : t == winner ? 0 : 1)
                    .ThenBy(t => route.Deferrals.GetValueOrDefault(t)),
            ];
        }
    }

    /// <summary>Records that the transport has a path that carries a session.</summary>
    public void RecordSuccess(string routeKey, string transport)
    {
        lock (_gate)
        {
            RouteHistory route = GetOrAddLocked(routeKey);
            route.Winner = (transport, timeProvider.GetTimestamp());
            route.Failures.Remove(transport);
            route.Deferrals.Clear();
        }
    }

    /// <summary>
    /// Records that a response to the transport asked to wait, so that the next races start with other transports, until one succeeds.
    /// </summary>
    public void RecordDeferral(string routeKey, string transport)
    {
        lock (_gate)
        {
            RouteHistory route = GetOrAddLocked(routeKey);
            route.Deferrals[transport] = ++_deferralCounter;
        }
    }

    /// <summary>Records that the transport failed although another one succeeded, or that it stalled.</summary>
    public void RecordFailure(string routeKey, string transport)
    {
        lock (_gate)
        {
            GetOrAddLocked(routeKey).Failures[transport] = timeProvider.GetTimestamp();
        }
    }

    /// <summary>Returns the time until the transport's recent failure expires; zero when there is none.</summary>
    public TimeSpan GetRemainingFailureTime(string routeKey, string transport)
    {
        lock (_gate)
        {
            return GetOrAddLocked(routeKey).Failures.TryGetValue(transport, out long at)
                && FailureLifetime - GetAge(at) is { Ticks: > 0 } remaining
                ? remaining
                : TimeSpan.Zero;
        }
    }

    private bool HasRecentFailureLocked(RouteHistory route, string transport) =>
        route.Failures.TryGetValue(transport, out long at) && GetAge(at) < FailureLifetime;

    private TimeSpan GetAge(long timestamp) => timeProvider.GetElapsedTime(timestamp);

    private RouteHistory GetOrAddLocked(string routeKey)
    {
        if (!_routes.TryGetValue(routeKey, out RouteHistory? route))
        {
            if (_routes.Count == MaxRoutes)
            {
                _routes.Remove(_routes.MinBy(r => r.Value.LastUse).Key);
            }

            _routes[routeKey] = route = new RouteHistory();
        }

        route.LastUse = ++_useCounter;
        return route;
    }

    private sealed class RouteHistory
    {
        public (string Transport, long At)? Winner { get; set; }

        public Dictionary<string, long> Failures { get; } = [];

        /// <summary>
        /// The transports whose response asked to wait since the last success, with the number of the latest such response.
        /// </summary>
        public Dictionary<string, long> Deferrals { get; } = [];

        public long LastUse { get; set; }
    }
}
