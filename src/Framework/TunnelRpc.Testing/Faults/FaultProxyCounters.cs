namespace TunnelRpc.Testing.Faults;

/// <summary>The totals of a <see cref="FaultProxy"/> since its start. Immutable.</summary>
/// <param name="Connections">The number of accepted client connections.</param>
/// <param name="OpenConnections">The number of client connections that are open.</param>
/// <param name="Requests">The number of requests read at <see cref="FaultLevel.Http"/>, CONNECT included.</param>
/// <param name="BytesUp">The number of bytes sent to upstreams, heads and framing included.</param>
/// <param name="BytesDown">The number of bytes sent to clients, heads and framing included.</param>
public sealed record FaultProxyCounters(long Connections, int OpenConnections, long Requests, long BytesUp, long BytesDown);
