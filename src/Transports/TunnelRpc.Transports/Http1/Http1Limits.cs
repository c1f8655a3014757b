namespace TunnelRpc.Transports.Http1;

/// <summary>What a peer may make us hold while nothing useful has come yet.</summary>
internal static class Http1Limits
{
    /// <summary>A request's or answer's head, in bytes, with its empty line.</summary>
    public const int MaxHeadBytes = 8 * 1024;

    /// <summary>Header fields in a head.</summary>
    public const int MaxHeaderFields = 64;

    /// <summary>A chunk's data, in bytes.</summary>
    public const int MaxChunkBytes = int.MaxValue;

    /// <summary>A chunk's size line without its line end: the digits and the extensions, which are ignored.</summary>
    public const int MaxChunkLineBytes = 256;

    /// <summary>All trailer fields, in bytes; they are ignored.</summary>
    public const int MaxTrailerBytes = 1024;
}
