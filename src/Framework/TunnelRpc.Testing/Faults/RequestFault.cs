namespace TunnelRpc.Testing.Faults;

/// <summary>
/// What goes wrong with a request at <see cref="FaultLevel.Http"/>: made by the static methods, narrowed with <c>with</c>. Immutable.
/// Of several that match one request the first is applied.
/// </summary>
public sealed record RequestFault
{
    private RequestFault(RequestFaultKind kind) => Kind = kind;

    /// <summary>The method concerned; null for all. Default null.</summary>
    public string? Method { get; init; }

    /// <summary>How the path of the requests concerned ends, without the query; null for all. Default null.</summary>
    public string? PathSuffix { get; init; }

    /// <summary>Only the n-th request, from 1, of those that match otherwise; null for all. Counted by the proxy, each fault for itself. Default null.</summary>
    public int? Nth { get; init; }

    internal RequestFaultKind Kind { get; }

    internal int Status { get; private init; }

    internal long Bytes { get; private init; }

    /// <summary>The proxy answers with <paramref name="status"/>, 400 to 599, without asking the upstream.</summary>
    public static RequestFault Refuse(int status)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        return new(RequestFaultKind.Refuse) { Status = status };
    }

    /// <summary>413 for bodies of more than <paramref name="bytes"/>: at once when Content-Length says so, else when they have come.</summary>
    public static RequestFault RefuseBodiesAbove(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new(RequestFaultKind.RefuseBodiesAbove) { Bytes = bytes, Status = 413 };
    }

    /// <summary>The upstream does the request and answers, and the connection is closed in place of the answer.</summary>
    public static RequestFault DropResponse() => new(RequestFaultKind.DropResponse);

    /// <summary>
    /// The upstream gets the request twice, one after the other, and the second answer comes back: a network that delivers at least once.
    /// Bodies without a Content-Length, or above <see cref="FaultProxyOptions.MaxBufferedBytes"/>, are delivered once.
    /// </summary>
    public static RequestFault Duplicate() => new(RequestFaultKind.Duplicate);

    /// <summary>The connection is reset in place of forwarding the request.</summary>
    public static RequestFault Reset() => new(RequestFaultKind.Reset);

    internal bool Matches(string method, string path)
        => (Method is null || Method == method) && (PathSuffix is null || path.EndsWith(PathSuffix, StringComparison.Ordinal));
}
