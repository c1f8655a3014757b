namespace TunnelRpc.Client.Connecting;

/// <summary>
/// Delays between attempts, by decorrelated jitter: each delay is drawn at random between the least delay and three times the previous one,
/// up to the greatest delay. Clients that lose the same server at the same time therefore do not reconnect at the same time. Not
/// thread-safe.
/// </summary>
internal sealed class Backoff(TimeSpan minDelay, TimeSpan maxDelay, Random random)
{
    // Zero before the first delay.
    private TimeSpan _lastDelay;

    /// <summary>Draws the next delay.</summary>
    public TimeSpan NextDelay()
    {
        TimeSpan previous = _lastDelay > minDelay ? _lastDelay : minDelay;
        TimeSpan drawn = minDelay + (((previous * 3) - minDelay) * random.NextDouble());
        return _lastDelay = drawn < maxDelay ? drawn : maxDelay;
    }

    /// <summary>The next delay is drawn as the first one.</summary>
    public void Reset() => _lastDelay = TimeSpan.Zero;
}
