namespace TunnelRpc.Transports.Http1;

/// <summary>Which heads <see cref="Http1HeadParser"/> accepts. Immutable.</summary>
/// <param name="MaxHeadBytes">The maximum size of a head in bytes, with its empty line.</param>
/// <param name="MaxHeaderFields">The maximum number of header fields.</param>
/// <param name="AllowHttp10">Whether the version may be HTTP/1.0. HTTP/1.1 always may.</param>
internal sealed record Http1HeadRules(int MaxHeadBytes, int MaxHeaderFields, bool AllowHttp10)
{
    /// <summary>The heads that the two sides of the transports send each other.</summary>
    public static Http1HeadRules Transports { get; } = new(Http1Limits.MaxHeadBytes, Http1Limits.MaxHeaderFields, AllowHttp10: false);
}
