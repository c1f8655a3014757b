namespace TunnelRpc.Testing.Faults;

/// <summary>
/// A fault of a request at <see cref="FaultLevel.Http"/>. The static methods create one; <c>with</c> restricts it to some requests.
/// Immutable. If several faults of a profile match a request, the proxy applies the first one.
/// </summary>
public sealed record RequestFault
{
    private RequestFault(RequestFaultKind kind) => Kind = kind;

    /// <summary>The method of the affected requests, case-sensitive; null for all. Default null.</summary>
    public string? Method { get; init; }

    /// <summary>The end of the path, without the query, of the affected requests; null for all. Default null.</summary>
    public string? PathSuffix { get; init; }

    /// <summary>
    /// The number, from 1, of the only affected request among those that match <see cref="Method"/> and <see cref="PathSuffix"/>; null for
    /// all. The proxy counts the matching requests of each fault separately. Default null.
    /// </summary>
    public int? Nth { get; init; }

    internal RequestFaultKind Kind { get; }

    internal int Status { get; private init; }

    internal long Bytes { get; private init; }

    /// <summary>The proxy responds itself and does not contact the upstream.</summary>
    /// <param name="status">The status of the response, from 400 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> is below 400 or above 599.</exception>
    public static RequestFault Refuse(int status)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        return new(RequestFaultKind.Refuse) { Status = status };
    }

    /// <summary>
    /// The proxy answers larger bodies with 413: at once if Content-Length exceeds the limit, otherwise when the received bytes exceed it.
    /// </summary>
    /// <param name="bytes">The largest accepted body, in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is negative.</exception>
    public static RequestFault RefuseBodiesAbove(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new(RequestFaultKind.RefuseBodiesAbove) { Bytes = bytes, Status = 413 };
    }

    /// <summary>The upstream executes the request and responds. The proxy drops the response and closes the client's connection.</summary>
    public static RequestFault DropResponse() => new(RequestFaultKind.DropResponse);

    /// <summary>
    /// The upstream receives the request twice, the second time after its first response, and the client receives the second response: a
    /// network that delivers at least once. The proxy does not duplicate chunked bodies or bodies above
    /// <see cref="FaultProxyOptions.MaxBufferedBytes"/>.
    /// </summary>
    public static RequestFault Duplicate() => new(RequestFaultKind.Duplicate);

    /// <summary>The proxy resets the client's connection and does not forward the request.</summary>
    public static RequestFault Reset() => new(RequestFaultKind.Reset);

    internal bool Matches(string method, string path) =>
        (Method is null || Method == method) && (PathSuffix is null || path.EndsWith(PathSuffix, StringComparison.Ordinal));
}
