namespace TunnelRpc.Chaos.Net;

/// <summary>How a path is cut.</summary>
internal enum CutKind
{
    /// <summary>Both sides get RST.</summary>
    Reset,

    /// <summary>Both sides get FIN.</summary>
    Fin,

    /// <summary>Nothing comes through any more, and nobody is told.</summary>
    BlackHole,

    /// <summary>The client gets RST; the server is told nothing.</summary>
    ResetClient,

    /// <summary>The server gets RST; the client is told nothing.</summary>
    ResetServer,
}
