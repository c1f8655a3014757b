namespace TunnelRpc.Gateway.Polling;

/// <summary>The limits of a <see cref="RequestQueue"/>. Immutable.</summary>
/// <param name="MaxRequests">The maximum number of requests that are not completed.</param>
/// <param name="MaxPolls">The maximum number of polls that wait.</param>
/// <param name="PollerTimeout">
/// The time for which a request waits while no poll arrives and no request is being answered; infinite for no such limit.
/// </param>
/// <param name="ResponseTimeout">The time from the arrival of a request to its response.</param>
internal sealed record RequestQueueLimits(int MaxRequests, int MaxPolls, TimeSpan PollerTimeout, TimeSpan ResponseTimeout)
{
    /// <summary>The limits of a polling dialect.</summary>
    public static RequestQueueLimits Of(GatewayPollingOptions options)
        => new(options.MaxPendingRequests, options.MaxPendingPolls, options.PollerTimeout, options.ResponseTimeout);
}
