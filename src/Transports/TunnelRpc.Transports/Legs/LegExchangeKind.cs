namespace TunnelRpc.Transports.Legs;

/// <summary>The kind of an exchange of a leg connection.</summary>
internal enum LegExchangeKind
{
    /// <summary>Download or upload: a streamed body of unknown length.</summary>
    Stream,

    /// <summary>Download: a response with the available bytes.</summary>
    Poll,

    /// <summary>Upload: a body of known length.</summary>
    Block,

    /// <summary>Upload without a body: the orderly end of the client's bytes. The offset is their total number.</summary>
    End,

    /// <summary>Upload without a body: the client has aborted the connection after an interrupted write.</summary>
    Reset,
}
