namespace TunnelRpc.Load.Targets;

/// <summary>What the load program asks the client of a peer for: a line each, which gets one line of response.</summary>
internal static class PeerCommands
{
    /// <summary>Requests <see cref="Running.Usage"/>.</summary>
    public const string Usage = "usage";

    /// <summary>
    /// Requests echo calls. The arguments are the number of concurrent calls and the duration in milliseconds. The response is
    /// <see cref="Running.Figures"/>.
    /// </summary>
    public const string Call = "call";

    /// <summary>Requests items for some milliseconds. The response is <see cref="Running.StreamFigures"/>.</summary>
    public const string DownloadItems = "items-down";

    /// <inheritdoc cref="DownloadItems"/>
    public const string UploadItems = "items-up";

    /// <summary>Requests a bulk transfer. The response is an empty line.</summary>
    public const string DownloadBytes = "bytes-down";

    /// <inheritdoc cref="DownloadBytes"/>
    public const string UploadBytes = "bytes-up";
}
