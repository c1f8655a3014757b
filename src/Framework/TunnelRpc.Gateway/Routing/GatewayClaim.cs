using TunnelRpc.Logging;

namespace TunnelRpc.Gateway.Routing;

/// <summary>An origin's claim of a name. Thread-safe. Disposal releases it; running requests continue.</summary>
internal sealed class GatewayClaim : IDisposable
{
    private readonly GatewayRouter _router;

    public GatewayClaim(GatewayRouter router, ClaimedName name, IGatewayOrigin? origin)
    {
        _router = router;
        ClaimedName = name;
        Origin = origin;
    }

    /// <summary>The name.</summary>
    public string Name => ClaimedName.Name;

    /// <summary>The owner.</summary>
    public GatewayOwner Owner => ClaimedName.Owner;

    /// <summary>The origin; null for a claim that only holds the name.</summary>
    public IGatewayOrigin? Origin { get; }

    /// <summary>The name with its other claims.</summary>
    internal ClaimedName ClaimedName { get; }

    /// <summary>The requests that the origin works on. Guarded by the router's lock.</summary>
    internal int Requests { get; set; }

    /// <summary>
    /// When the origin got its last request: the least recent of several idle ones is next. Guarded by the router's lock.
    /// </summary>
    internal long LastUse { get; set; }

    /// <inheritdoc/>
    public void Dispose() => _router.Release(this);
}

/// <summary>A claimed name. Guarded by the router's lock, except what is read-only.</summary>
internal sealed class ClaimedName(string name, GatewayOwner owner, RemoteAddress? address)
{
    /// <summary>The name.</summary>
    public string Name => name;

    /// <summary>The owner of all claims.</summary>
    public GatewayOwner Owner => owner;

    /// <summary>The address that MaxNamesPerRemoteAddress counts the name for; null for a user's name, and without an address.</summary>
    public RemoteAddress? Address => address;

    /// <summary>The claims; not empty while the name is in the router.</summary>
    public List<GatewayClaim> Claims { get; } = [];

    /// <summary>The requests in progress.</summary>
    public int Requests { get; set; }
}
