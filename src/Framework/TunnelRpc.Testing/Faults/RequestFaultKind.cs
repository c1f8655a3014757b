namespace TunnelRpc.Testing.Faults;

/// <summary>The effect of a <see cref="RequestFault"/>.</summary>
internal enum RequestFaultKind
{
    Refuse,
    RefuseBodiesAbove,
    DropResponse,
    Duplicate,
    Reset,
}
