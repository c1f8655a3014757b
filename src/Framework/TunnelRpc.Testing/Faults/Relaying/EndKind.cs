namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>How a connection is ended by the proxy's own decision.</summary>
internal enum EndKind
{
    None,
    Close,
    Reset,
    Answer,
}
