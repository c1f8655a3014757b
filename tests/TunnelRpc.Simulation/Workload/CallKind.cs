namespace TunnelRpc.Simulation.Workload;

/// <summary>The shapes of calls.</summary>
internal enum CallKind
{
    Ask,
    Tell,
    Notify,
    LookUp,
    Download,
    Upload,
    Exchange,
    Nest,
    Append,
    Note,
    NestInOrder,
}
