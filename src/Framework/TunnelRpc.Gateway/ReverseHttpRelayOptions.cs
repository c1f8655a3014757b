using System.Net;

namespace TunnelRpc.Gateway;

/// <summary>
/// The options of MapReverseHttpRelay. For RelayHttp, <see cref="GatewayPollingOptions.MaxPolledBodySize"/> is the maximum size of the
/// request and of the response's body, and <see cref="GatewayPollingOptions.ResponseTimeout"/> is the time from the request to the end of
/// the response.
/// </summary>
public sealed class ReverseHttpRelayOptions : GatewayPollingOptions
{
    /// <summary>
    /// The maximum lease that a program can ask for. A longer one is shortened to it, and a lease of less than 30 s is extended to 30 s.
    /// Default: 10 minutes.
    /// </summary>
    public TimeSpan MaxLeaseTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The targets to which the relay forwards requests for every client that reaches it (RelayHttp): "HOST" or "HOST:PORT", without a port
    /// 80; an IPv6 address is in brackets. Host and port must match exactly; others get the status 403. A name whose addresses are not
    /// public (loopback, private, link-local, those at which clouds serve credentials, and other special ones) is refused as well, unless
    /// the address is listed itself, with the port. Default: none, RelayHttp is off.
    /// </summary>
    public ICollection<string> RelayTargets { get; } = [];

    /// <summary>
    /// The maximum number of requests that the relay forwards to targets at a time. A further one gets the status 503. 1 or more. Default:
    /// 64.
    /// </summary>
    public int MaxRelayedRequests { get; set; } = 64;

    /// <summary>Returns the addresses of a name of <see cref="RelayTargets"/>.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> HostResolver { get; set; } = Dns.GetHostAddressesAsync;

    internal override void Validate()
    {
        base.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxLeaseTimeout, LeaseTimeout);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRelayedRequests, 1);
        _ = new Relaying.RelayTargets(RelayTargets, HostResolver);
    }
}
