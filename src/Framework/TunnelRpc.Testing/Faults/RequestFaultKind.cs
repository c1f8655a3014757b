namespace TunnelRpc.Testing.Faults;

/// <summary>What a <see cref="RequestFault"/> does.</summary>
internal enum RequestFaultKind
{
    Refuse,
    RefuseBodiesAbove,
    DropResponse,
    Duplicate,
    Reset,
}
