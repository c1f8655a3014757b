namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>What a <see cref="FaultyRelay"/> does to a connection.</summary>
internal enum RelayFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The request is passed on once it is complete.</summary>
    BufferUntilComplete,

    /// <summary>Of what the client sends, the last piece is kept until another comes.</summary>
    DelayByOneWrite,

    /// <summary>Of what the client sends, nothing is passed on below so many bytes.</summary>
    BufferBelow,

    /// <summary>Of the body nothing is passed on.</summary>
    DropBody,

    /// <summary>The connection is cut once the client has sent so many bytes of body.</summary>
    CutUpload,

    /// <summary>The connection is cut once the server has sent so many bytes.</summary>
    CutDownload,

    /// <summary>Of the answer only the head is passed on.</summary>
    HeadOnly,

    /// <summary>The answer is not passed on; the connection stays open.</summary>
    BlackHoleResponse,

    /// <summary>The request is passed on, and the connection cut when its answer comes.</summary>
    DropResponse,

    /// <summary>The connection is closed, unannounced, after its first answer.</summary>
    CloseAfterResponse,

    /// <summary>The answer waits for the relay's gate.</summary>
    WaitForGate,
}
