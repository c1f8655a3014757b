namespace TunnelRpc.Testing.Faults;

/// <summary>
/// How a <see cref="FaultProxy"/> behaves: everything passes but for what is set. Immutable; combine what is wanted, or take one of
/// <see cref="FaultProfiles"/> and change it by <c>with</c>.
/// </summary>
/// <param name="Name">For messages.</param>
public sealed record FaultProfile(string Name)
{
    /// <summary>HTTP by default. A change at run time applies to new connections.</summary>
    public FaultLevel Level { get; init; } = FaultLevel.Http;

    /// <summary>What goes wrong with bytes from clients, in order. None by default.</summary>
    public IReadOnlyList<StreamFault> Up { get; init; } = [];

    /// <summary>What goes wrong with bytes to clients, in order. None by default.</summary>
    public IReadOnlyList<StreamFault> Down { get; init; } = [];

    /// <summary>What goes wrong with requests. None by default.</summary>
    public IReadOnlyList<RequestFault> Requests { get; init; } = [];

    /// <summary>The names of headers that are removed from requests. None by default.</summary>
    public IReadOnlyList<string> StrippedHeaders { get; init; } = [];

    /// <summary>Which upgrades pass. All by default.</summary>
    public UpgradeHandling Upgrades { get; init; } = UpgradeHandling.Pass;

    /// <summary>What becomes of Expect: 100-continue. Relayed by default.</summary>
    public ContinueHandling Continue { get; init; } = ContinueHandling.Relay;

    /// <summary>No answer, not even its head, before the request's body has ended, as in Varnish, tinyproxy and Apache. Default false.</summary>
    public bool RespondsAfterRequest { get; init; }

    /// <summary>A FIN of either side closes both directions of a tunnel, as in most proxies; false: only the direction that ended. Default false.</summary>
    public bool ClosesOnHalfClose { get; init; }

    /// <summary>An exchange, a tunnel or (at the level of bytes) a connection without a byte in either direction for so long is closed; null: never. Default null.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>A client's connection is closed after so many requests, without saying so before; null: never. Default null.</summary>
    public int? MaxRequestsPerConnection { get; init; }

    /// <summary>The credentials that are wanted; null for none. Default null.</summary>
    public ProxyAuthentication? Authentication { get; init; }

    /// <summary>New connections are refused by the operating system, as if nothing listened. Default false.</summary>
    public bool RefusesConnections { get; init; }

    /// <summary>
    /// A GET waits for another one of the same URL that is under way, and takes its answer unless that says <c>no-store</c>; as in Varnish.
    /// Default false.
    /// </summary>
    public bool CoalescesGets { get; init; }

    /// <summary>The name.</summary>
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
