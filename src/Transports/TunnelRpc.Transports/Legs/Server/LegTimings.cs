namespace TunnelRpc.Transports.Legs.Server;

/// <summary>The clock and the timeouts of the server's side. Immutable.</summary>
/// <param name="TimeProvider">The clock.</param>
/// <param name="PollHold">The maximum delay of the response to a poll when there are no bytes to send.</param>
/// <param name="DownloadLifetime">The lifetime of a streamed download.</param>
/// <param name="DetachedTimeout">The maximum time of an open leg connection without any open exchange.</param>
internal sealed record LegTimings(TimeProvider TimeProvider, TimeSpan PollHold, TimeSpan DownloadLifetime, TimeSpan DetachedTimeout)
{
    /// <summary>The maximum time of a pending leg connection until its upload leg is opened.</summary>
    public static readonly TimeSpan FirstUploadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The maximum time for which the client can fetch the written bytes of a closed leg connection.</summary>
    public static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The maximum time for which a block or the client's end waits for missing bytes before it.</summary>
    public static readonly TimeSpan GapTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The maximum time for which a block waits for capacity in the receive buffer.</summary>
    public static readonly TimeSpan CapacityTimeout = TimeSpan.FromSeconds(20);

    /// <summary>The maximum time for the arrival of a block's body.</summary>
    public static readonly TimeSpan BlockBodyTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The time for which exchanges of an ended leg connection get 410 in place of 404.</summary>
    public static readonly TimeSpan EndedRetention = TimeSpan.FromSeconds(60);
}
