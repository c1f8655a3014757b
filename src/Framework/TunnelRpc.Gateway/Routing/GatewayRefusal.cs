namespace TunnelRpc.Gateway.Routing;

/// <summary>Why a name was not claimed.</summary>
/// <param name="Kind">The reason, for the dialect's status.</param>
/// <param name="Message">The reason in words, for the client that claims. Has no secrets.</param>
internal sealed record GatewayRefusal(GatewayRefusalKind Kind, string Message);

/// <summary>The kinds of refusals.</summary>
internal enum GatewayRefusalKind
{
    /// <summary>The policy does not allow this owner the name.</summary>
    NotAllowed,

    /// <summary>Another owner holds the name.</summary>
    Taken,

    /// <summary>A limit is reached.</summary>
    LimitReached,
}
