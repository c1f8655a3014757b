namespace TunnelRpc.Testing.Faults;

/// <summary>A request that a <see cref="FaultProxy"/> has read at <see cref="FaultLevel.Http"/>. Immutable.</summary>
/// <param name="Connection">The number of the client's connection, from 1.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">The request target as received: a path with its query, an absolute URL, or host and port.</param>
/// <param name="Status">The status that the proxy sent to the client; null if it has sent none.</param>
/// <param name="IsFromProxy">Whether the proxy itself made the response, in place of the upstream.</param>
public sealed record FaultProxyRequest(int Connection, string Method, string Target, int? Status, bool IsFromProxy)
{
    /// <summary>Returns one line with the connection, the method, the target and the status.</summary>
    public override string ToString() =>
        $"#{Connection} {Method} {Target} -> {(Status is int status ? status : "no response")}{(IsFromProxy ? " (proxy)" : "")}";
}
