namespace TunnelRpc.Gateway.Routing;

/// <summary>An origin gave no response to a request.</summary>
internal sealed class GatewayOriginException(GatewayFailure failure, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why. Decides on the status that the client gets.</summary>
    public GatewayFailure Failure { get; } = failure;
}

/// <summary>Why an origin gave no response.</summary>
internal enum GatewayFailure
{
    /// <summary>The origin is not reachable, and has not processed the request: another one may be tried. Status 503.</summary>
    Unreachable,

    /// <summary>The origin broke off, or what it sent is not HTTP. Status 502.</summary>
    BadResponse,

    /// <summary>The origin did not respond in time, or did not fetch the request in time. Status 504.</summary>
    Timeout,

    /// <summary>The body of the request is larger than this dialect carries. Status 413.</summary>
    BodyTooLarge,
}
