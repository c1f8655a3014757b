namespace TunnelRpc.Transports;

/// <summary>The token that the requests of a client send, replaced when the client gets another one. Thread-safe.</summary>
internal sealed class BearerToken
{
    private volatile string? _headerValue;

    /// <summary>The value of the header Authorization, a secret; null for no token.</summary>
    public string? HeaderValue
    {
        get => _headerValue;
        set => _headerValue = value;
    }
}
