using System.Security.Claims;
using TunnelRpc.Hosting;

namespace TunnelRpc.Gateway;

/// <summary>The options of an endpoint that MapHttpSock maps. Read while it is mapped. Not thread-safe.</summary>
public sealed class HttpSockServerOptions
{
    private const int MinBufferSize = 1 << 10;
    private const int MaxBufferSize = 64 << 20;
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(1);

    /// <summary>
    /// The most bytes that are buffered in each direction of a session. A PUT waits at the limit until the application has read, and a
    /// write of the application until the client has fetched. 1 KiB to 64 MiB. Default 64 KiB.
    /// </summary>
    public int BufferSize { get; set; } = 64 << 10;

    /// <summary>
    /// How long a GET waits for bytes before the response is 204, and how long a PUT with an offset waits for the application without any
    /// progress before the response says how much was accepted. Proxies end requests that last longer, often after 30 or 60 s. Above zero,
    /// to a day. Default 25 s.
    /// </summary>
    public TimeSpan HoldTime { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// How long a session lives without a request. Then the stream breaks, and the handler's token is cancelled. Above zero, to a day.
    /// Default 120 s.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>
    /// The most sessions, including those whose client has left and whose handler still runs. A further POST gets the status 503. At least
    /// 1. Default 4,096: with full buffers 512 MiB.
    /// </summary>
    public int MaxSessions { get; set; } = 4_096;

    /// <summary>The most sessions of one user. A further POST gets the status 429. At least 1. Default 1,024.</summary>
    public int MaxSessionsPerUser { get; set; } = 1_024;

    /// <summary>
    /// The most sessions of one remote address: an IPv4 address or an IPv6 network (/64). A further POST gets the status 429. At least 1.
    /// Default 1,024.
    /// </summary>
    public int MaxSessionsPerRemoteAddress { get; set; } = 1_024;

    /// <summary>
    /// Returns the id of an authenticated user, or null for none. A session belongs to the user of its POST. Called for each request; must
    /// be thread-safe. Default: the claim of the name identifier, the claim "sub" or the name.
    /// </summary>
    public Func<ClaimsPrincipal, string?> UserIdSelector { get; set; } = SessionUsers.SelectId;

    /// <summary>
    /// The origins of web pages of other sites that may use the endpoint, for instance "https://app.example". The response to any other
    /// page of another site is 403. The browser needs a CORS policy in addition. Default none.
    /// </summary>
    public ICollection<string> AllowedOrigins { get; } = [];

    /// <summary>The clock of timeouts. Default the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(UserIdSelector);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferSize, MinBufferSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BufferSize, MaxBufferSize);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HoldTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HoldTime, MaxDuration);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IdleTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(IdleTimeout, MaxDuration);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSessions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSessionsPerUser, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSessionsPerRemoteAddress, 1);
    }
}
