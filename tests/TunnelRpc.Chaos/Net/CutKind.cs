namespace TunnelRpc.Chaos.Net;

/// <summary>How a path is cut.</summary>
internal enum CutKind
{
    /// <summary>Both sides get RST.</summary>
    Reset,

    /// <summary>Both sides get FIN.</summary>
    Fin,

    /// <summary>No bytes pass any more, and neither side gets RST or FIN.</summary>
    BlackHole,

    /// <summary>The client gets RST; the server gets nothing.</summary>
    ResetClient,

    /// <summary>The server gets RST; the client gets nothing.</summary>
    ResetServer,
}
