namespace TunnelRpc.Testing.Faults;

/// <summary>What a <see cref="FaultProxy"/> has counted since it started.</summary>
/// <param name="Connections">Client connections taken.</param>
/// <param name="OpenConnections">Those of them that are open.</param>
/// <param name="Requests">Requests read at <see cref="FaultLevel.Http"/>, CONNECT included.</param>
/// <param name="BytesUp">Bytes sent to upstreams, heads and framing included.</param>
/// <param name="BytesDown">Bytes sent to clients, heads and framing included.</param>
public sealed record FaultProxyCounters(long Connections, int OpenConnections, long Requests, long BytesUp, long BytesDown);
