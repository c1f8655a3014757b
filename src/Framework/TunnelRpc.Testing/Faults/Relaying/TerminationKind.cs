namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>How a connection is ended by the proxy's own decision.</summary>
internal enum TerminationKind
{
    None,
    Close,
    Reset,
    Respond,
}
