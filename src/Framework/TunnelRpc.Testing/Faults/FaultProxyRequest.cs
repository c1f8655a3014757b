namespace TunnelRpc.Testing.Faults;

/// <summary>A request that a <see cref="FaultProxy"/> has seen at <see cref="FaultLevel.Http"/>.</summary>
/// <param name="Connection">The number of the client's connection, from 1.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">The request target as it came: a path with its query, an absolute URL, or host and port.</param>
/// <param name="Status">The status that the client was answered with; null while there is none, or when there never was.</param>
/// <param name="IsFromProxy">Whether the proxy answered in the upstream's place.</param>
public sealed record FaultProxyRequest(int Connection, string Method, string Target, int? Status, bool IsFromProxy)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"#{Connection} {Method} {Target} -> {(Status is int status ? status : "no answer")}{(IsFromProxy ? " (proxy)" : "")}";
}
