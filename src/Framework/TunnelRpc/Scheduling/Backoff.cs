namespace TunnelRpc.Scheduling;

/// <summary>
/// The delays between the attempts of one loop; they grow exponentially up to a maximum. With jitter they are decorrelated: each is drawn
/// between the minimum and three times the previous delay, so that clients that lost their server at the same time do not return at the
/// same time. Without jitter each is twice the previous one. Not thread-safe.
/// </summary>
/// <param name="minDelay">The minimum delay, and the first one without jitter.</param>
/// <param name="maxDelay">The maximum delay. It applies even if it is less than <paramref name="minDelay"/>.</param>
/// <param name="random">The source of the jitter; null for delays without jitter.</param>
internal sealed class Backoff(TimeSpan minDelay, TimeSpan maxDelay, Random? random)
{
    // Zero before the first delay.
    private TimeSpan _lastDelay;

    /// <summary>The delay before the next attempt.</summary>
    public TimeSpan NextDelay() => NextDelay(TimeSpan.MaxValue);

    /// <summary>
    /// The delay before the next attempt of a client that has failed for <paramref name="outage"/>. With jitter it is at most that time, or
    /// three times the minimum if that is longer, so that a client is back after twice the outage at the latest.
    /// </summary>
    public TimeSpan NextDelay(TimeSpan outage)
    {
        TimeSpan previous = _lastDelay > minDelay ? _lastDelay : minDelay;
        TimeSpan longest = outage < previous * 3 ? outage : previous * 3;
        longest = longest > minDelay * 3 ? longest : minDelay * 3;
        TimeSpan delay = random is not null ? minDelay + ((longest - minDelay) * random.NextDouble())
            : _lastDelay == TimeSpan.Zero ? minDelay
            : previous * 2;
        return _lastDelay = delay < maxDelay ? delay : maxDelay;
    }

    /// <summary>Starts again as if there had been no attempt; called after a success.</summary>
    public void Reset() => _lastDelay = TimeSpan.Zero;
}
