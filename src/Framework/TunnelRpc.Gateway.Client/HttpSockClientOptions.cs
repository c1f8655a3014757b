namespace TunnelRpc.Gateway.Client;

/// <summary>The options of <see cref="HttpSock.ConnectAsync"/>. Not thread-safe.</summary>
public sealed class HttpSockClientOptions
{
    private const int MinBufferSize = 1 << 10;
    private const int MaxBufferSize = 64 << 20;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(1);

    /// <summary>
    /// Sends the requests: proxies, certificates, credentials. Not disposed by the stream. Must not follow redirections. Null for a
    /// <see cref="SocketsHttpHandler"/> of the stream's own, which keeps cookies, so that a load balancer finds the same server. Default
    /// null.
    /// </summary>
    public HttpMessageHandler? Handler { get; set; }

    /// <summary>Fields of each request, for instance "Authorization". Default none.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The most bytes that are buffered in each direction: received and not read, written and not accepted by the server. A write waits at
    /// the limit, and no more is requested from the server. 1 KiB to 64 MiB. Default 64 KiB.
    /// </summary>
    public int BufferSize { get; set; } = 64 << 10;

    /// <summary>
    /// The most time until a request is answered completely; then it counts as lost. Must be above the time for which the server holds
    /// requests (25 s). Above zero, to a day. Default 60 s.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long lost requests are repeated before the stream breaks. Zero: never. Not used with a server without offsets. Up to a day.
    /// Default 30 s.
    /// </summary>
    public TimeSpan RetryTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most time that the disposal of the stream waits for written bytes to be accepted, and then for the response to DELETE. Above
    /// zero, to a day. Default 5 s.
    /// </summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of timeouts and retries. Default the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferSize, MinBufferSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BufferSize, MaxBufferSize);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RequestTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RequestTimeout, MaxDuration);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RetryTimeout, MaxDuration);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CloseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CloseTimeout, MaxDuration);
    }
}
