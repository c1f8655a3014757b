namespace TunnelRpc.Transports.Legs.Server;

/// <summary>The answering side's clock and how long things last.</summary>
/// <param name="TimeProvider">The only clock.</param>
/// <param name="PollHold">How long a poll is held that there is nothing to answer to.</param>
/// <param name="DownloadLifetime">How long a streamed download lasts.</param>
/// <param name="DetachedTimeout">How long a carrier lives without any exchange.</param>
internal sealed record LegTimings(TimeProvider TimeProvider, TimeSpan PollHold, TimeSpan DownloadLifetime, TimeSpan DetachedTimeout)
{
    /// <summary>How long a carrier waits for its first exchange up.</summary>
    public static readonly TimeSpan FirstUploadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a closed carrier still hands out what was written before.</summary>
    public static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a block waits for those before it.</summary>
    public static readonly TimeSpan GapTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a block waits for room.</summary>
    public static readonly TimeSpan CapacityTimeout = TimeSpan.FromSeconds(20);

    /// <summary>How long a block's body may take to come.</summary>
    public static readonly TimeSpan BlockBodyTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long an ended carrier is told from one that never was.</summary>
    public static readonly TimeSpan EndedRetention = TimeSpan.FromSeconds(60);
}
