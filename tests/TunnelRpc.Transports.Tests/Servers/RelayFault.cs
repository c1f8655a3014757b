namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>The fault that a <see cref="FaultyRelay"/> applies to a connection.</summary>
internal enum RelayFault
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>The request is forwarded when it is complete.</summary>
    BufferUntilComplete,

    /// <summary>Each chunk of the upload is forwarded when the next one arrives.</summary>
    DelayByOneWrite,

    /// <summary>The upload is buffered until the number of bytes is reached.</summary>
    BufferBelow,

    /// <summary>The body of the upload is dropped.</summary>
    DropBody,

    /// <summary>The connection is cut when the client has sent the number of bytes of its body.</summary>
    CutUpload,

    /// <summary>The connection is cut when the server has sent the number of bytes.</summary>
    CutDownload,

    /// <summary>Only the head of the response is forwarded.</summary>
    HeadOnly,

    /// <summary>The response is dropped, and the connection stays open.</summary>
    BlackHoleResponse,

    /// <summary>The request is forwarded, and the connection is cut when the response arrives.</summary>
    DropResponse,

    /// <summary>The connection is closed after its first response, without "Connection: close".</summary>
    CloseAfterResponse,

    /// <summary>The response is delayed until <see cref="FaultyRelay.Gate"/> completes.</summary>
    WaitForGate,
}
