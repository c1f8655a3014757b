namespace TunnelRpc.Transports.Dialing;

/// <summary>How far an attempt to open a connection has come, in the order of the stages.</summary>
internal enum DialStage
{
    /// <summary>No name was looked up and no address was tried, or the transport does not use the dialer.</summary>
    None,

    /// <summary>The name of the server or of the proxy is being resolved.</summary>
    Resolving,

    /// <summary>Addresses are being tried; no TCP connection has opened.</summary>
    Connecting,

    /// <summary>A TCP connection is open. The tunnel of a proxy, or TLS, may still be missing.</summary>
    Connected,

    /// <summary>The connection is ready for HTTP: the tunnel of the proxy is open and TLS is established, if there are any.</summary>
    Ready,

    /// <summary>An HTTP response has arrived.</summary>
    Responded,
}
