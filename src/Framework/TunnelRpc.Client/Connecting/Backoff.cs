namespace TunnelRpc.Client.Connecting;

/// <summary>
/// Delays between tries, by decorrelated jitter: each is drawn between the least one and three times the one before, so that clients
/// that lost their server together do not come back together. One loop's.
/// </summary>
internal sealed class Backoff(TimeSpan least, TimeSpan most, Random random)
{
    // Zero before the first.
    private TimeSpan _last;

    public TimeSpan Next()
    {
        TimeSpan before = _last > least ? _last : least;
        TimeSpan drawn = least + (((before * 3) - least) * random.NextDouble());
        return _last = drawn < most ? drawn : most;
    }

    /// <summary>Begins anew.</summary>
    public void Reset() => _last = TimeSpan.Zero;
}
