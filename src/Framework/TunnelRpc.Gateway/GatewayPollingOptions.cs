namespace TunnelRpc.Gateway;

/// <summary>
/// The options that the polling dialects have in common: Comet, ReverseHttp and raw HTTP. Requests for a name wait in a queue of the name
/// until a program fetches them. Read when the endpoint is mapped; later changes have no effect.
/// </summary>
public abstract class GatewayPollingOptions
{
    private protected GatewayPollingOptions()
    {
    }

    /// <summary>
    /// The maximum number of requests that wait for a poller or for a response, of one name. Above it clients get the status 503. Default:
    /// 64.
    /// </summary>
    public int MaxPendingRequests { get; set; } = 64;

    /// <summary>The maximum number of polls of one name that wait for a request. A further poll gets the status 503. Default: 64.</summary>
    public int MaxPendingPolls { get; set; } = 64;

    /// <summary>
    /// The maximum size of the body of a request and of the message of a response, in bytes. Both are held in memory. A larger request gets
    /// the status 413 from the gateway, and so does the program that sends a larger response. Default: 4 MiB.
    /// </summary>
    public int MaxPolledBodySize { get; set; } = 4 << 20;

    /// <summary>The time for which a poll waits for a request. Default: 30 s.</summary>
    public TimeSpan PollTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time for which a request waits while no poll of its name arrives and no request is being answered. After it the client gets the
    /// status 504. Programs leave gaps of some seconds between polls. At least 5 s. Default: 10 s.
    /// </summary>
    public TimeSpan PollerTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time from the arrival of a request to its response. After it the client gets the status 504, and the response is not accepted
    /// any more. Default: 60 s.
    /// </summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The time for which a name stays claimed without a poll. In ReverseHttp a program may ask for another one. At least 30 s. Default:
    /// 60 s.
    /// </summary>
    public TimeSpan LeaseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The only clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    // Whether zero is a lease: the name ends with its last connection.
    private protected virtual bool AllowsNoLease => false;

    internal virtual void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPendingRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPendingPolls, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPolledBodySize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPolledBodySize, 256 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PollTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(PollerTimeout, TimeSpan.FromSeconds(5));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ResponseTimeout, TimeSpan.Zero);
        if (!AllowsNoLease || LeaseTimeout != TimeSpan.Zero)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(LeaseTimeout, TimeSpan.FromSeconds(30));
        }

        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
