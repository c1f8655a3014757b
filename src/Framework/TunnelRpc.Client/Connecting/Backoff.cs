namespace TunnelRpc.Client.Connecting;

/// <summary>
/// Delays between tries, by decorrelated jitter: each is drawn between the least one and three times the one before, so that clients
/// that lost their server together do not come back together. One loop's.
/// </summary>
internal sealed class Backoff(TimeSpan minDelay, TimeSpan maxDelay, Random random)
{
    // Zero before the first.
    private TimeSpan _lastDelay;

    public TimeSpan NextDelay()
    {
        TimeSpan before = _lastDelay > minDelay ? _lastDelay : minDelay;
        TimeSpan drawn = minDelay + (((before * 3) - minDelay) * random.NextDouble());
        return _lastDelay = drawn < maxDelay ? drawn : maxDelay;
    }

    /// <summary>Begins anew.</summary>
    public void Reset() => _lastDelay = TimeSpan.Zero;
}
