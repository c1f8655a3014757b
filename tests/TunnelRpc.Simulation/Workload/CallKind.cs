namespace TunnelRpc.Simulation.Workload;

/// <summary>The kinds of calls.</summary>
internal enum CallKind
{
    Unary,
    UnaryVoid,
    OneWay,
    Idempotent,
    ServerStreaming,
    ClientStreaming,
    Duplex,
    Nested,
    Ordered,
    OrderedOneWay,
    OrderedNested,
}
