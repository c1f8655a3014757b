namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>How the proxy ends a connection by its own decision.</summary>
internal enum TerminationKind
{
    None,
    Close,
    Reset,
    Respond,
}
