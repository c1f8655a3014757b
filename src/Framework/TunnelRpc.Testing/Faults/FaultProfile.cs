namespace TunnelRpc.Testing.Faults;

/// <summary>
/// The behavior of a <see cref="FaultProxy"/>. Without further settings the proxy forwards everything. Immutable. Create a profile, or take
/// one of <see cref="FaultProfiles"/> and change it with <c>with</c>.
/// </summary>
/// <param name="Name">The name for messages, not empty.</param>
public sealed record FaultProfile(string Name)
{
    /// <summary>
    /// The protocol level. A change at run time applies to new connections. Default <see cref="FaultLevel.Http"/>.
    /// </summary>
    public FaultLevel Level { get; init; } = FaultLevel.Http;

    /// <summary>The faults of bytes from clients, applied in order. Default none.</summary>
    public IReadOnlyList<StreamFault> Up { get; init; } = [];

    /// <summary>The faults of bytes to clients, applied in order. Default none.</summary>
    public IReadOnlyList<StreamFault> Down { get; init; } = [];

    /// <summary>The faults of requests; the first one that matches a request applies. Default none.</summary>
    public IReadOnlyList<RequestFault> Requests { get; init; } = [];

    /// <summary>The names of the headers that the proxy removes from requests, case-insensitive. Default none.</summary>
    public IReadOnlyList<string> StrippedHeaders { get; init; } = [];

    /// <summary>Which upgrades the proxy forwards. Default <see cref="UpgradeHandling.Pass"/>.</summary>
    public UpgradeHandling Upgrades { get; init; } = UpgradeHandling.Pass;

    /// <summary>How the proxy handles <c>Expect: 100-continue</c>. Default <see cref="ContinueHandling.Relay"/>.</summary>
    public ContinueHandling Continue { get; init; } = ContinueHandling.Relay;

    /// <summary>
    /// Whether the proxy forwards a response, even its head, only after the request's body has ended, as Varnish, tinyproxy and Apache do.
    /// Default false.
    /// </summary>
    public bool RespondsAfterRequest { get; init; }

    /// <summary>
    /// Whether a FIN of either side closes both directions of a tunnel or of a connection at <see cref="FaultLevel.Tcp"/>, as in most
    /// proxies; false: it closes its direction only. Default false.
    /// </summary>
    public bool ClosesOnHalfClose { get; init; }

    /// <summary>
    /// The time without a byte in either direction after which the proxy closes an exchange, a tunnel or, at <see cref="FaultLevel.Tcp"/>,
    /// a connection; positive, or null for no limit. Default null.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>
    /// The number of requests after which the proxy closes a client's connection, without <c>Connection: close</c> in the last response; at
    /// least 1, or null for no limit. Default null.
    /// </summary>
    public int? MaxRequestsPerConnection { get; init; }

    /// <summary>The credentials that the proxy requires; null for none. Default null.</summary>
    public ProxyAuthentication? Authentication { get; init; }

    /// <summary>Whether the operating system refuses new connections, as if no program listened on the port. Default false.</summary>
    public bool RefusesConnections { get; init; }

    /// <summary>
    /// Whether a GET waits while another GET of the same URL is in progress, and then shares its response unless that is
    /// <c>no-store</c>, as in Varnish. Default false.
    /// </summary>
    public bool CoalescesGets { get; init; }

    /// <summary>Returns the name.</summary>
    public override string ToString() => Name;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Name);
        if (MaxRequestsPerConnection is int requests)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(requests, 1, nameof(MaxRequestsPerConnection));
        }

        if (IdleTimeout is TimeSpan limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(IdleTimeout));
        }
    }
}
