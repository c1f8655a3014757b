namespace TunnelRpc.Gateway;

/// <summary>
/// The options of MapReverseHttpClaims. The waiting connections of a name are its polls: <see cref="GatewayPollingOptions.PollTimeout"/>
/// has no effect, and neither has <see cref="GatewayPollingOptions.PollerTimeout"/> while a program is connected. Of messages, only
/// requests are held in memory: the body of a response is streamed and has no limit.
/// <see cref="GatewayPollingOptions.LeaseTimeout"/> is the time for which a name stays claimed without a connection; zero, the default
/// here, frees it at once.
/// </summary>
public sealed class ReverseHttpClaimOptions : GatewayPollingOptions
{
    /// <summary>Creates the options with their defaults.</summary>
    public ReverseHttpClaimOptions() => LeaseTimeout = TimeSpan.Zero;

    private protected override bool AllowsNoLease => true;
}
