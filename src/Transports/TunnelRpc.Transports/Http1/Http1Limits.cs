namespace TunnelRpc.Transports.Http1;

/// <summary>Limits of the HTTP/1.1 parsers: they bound the memory that a peer can occupy before a complete message has arrived.</summary>
internal static class Http1Limits
{
    /// <summary>The maximum size of the head of a request or response, in bytes, with its empty line. A longer head is refused.</summary>
    public const int MaxHeadBytes = 8 * 1024;

    /// <summary>The maximum number of header fields of a head. More are refused.</summary>
    public const int MaxHeaderFields = 64;

    /// <summary>The maximum data of a chunk, in bytes. A larger chunk is refused.</summary>
    public const int MaxChunkBytes = int.MaxValue;

    /// <summary>
    /// The maximum number of digits of a chunk's size, leading zeros included: those of <see cref="MaxChunkBytes"/>. Kestrel refuses more,
    /// too.
    /// </summary>
    public const int MaxChunkSizeDigits = 8;

    /// <summary>
    /// The maximum size of a chunk's size line, in bytes, without its line end: the digits and the extensions, which are ignored.
    /// </summary>
    public const int MaxChunkLineBytes = 256;

    /// <summary>The maximum size of all trailer fields of a body together, in bytes. They are ignored.</summary>
    public const int MaxTrailerBytes = 1024;
}
