namespace TunnelRpc.Gateway.Routing;

/// <summary>The right of one request to use one origin. Disposal ends the request; once.</summary>
internal readonly struct GatewayPermit(GatewayRouter router, GatewayClaim claim) : IDisposable
{
    /// <summary>The claim whose origin was selected; its origin is not null.</summary>
    public GatewayClaim Claim => claim;

    /// <inheritdoc/>
    public void Dispose() => router.OnRequestEnded(claim);
}

/// <summary>Why a request gets no origin.</summary>
internal enum GatewayRouteFailure
{
    /// <summary>None: there is an origin.</summary>
    None,

    /// <summary>The name is not claimed.</summary>
    UnknownName,

    /// <summary>The name is claimed, and no origin is connected that was not tried yet.</summary>
    NoOrigin,

    /// <summary>The limit of the name's requests is reached.</summary>
    NameLimit,

    /// <summary>The limit of all requests is reached.</summary>
    TotalLimit,
}
