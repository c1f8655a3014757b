namespace TunnelRpc.Filters;

/// <summary>The options of a <see cref="RetryFilter"/>. The filter copies them when it is created. Not thread-safe.</summary>
public sealed class RetryFilterOptions
{
    /// <summary>
    /// The maximum number of retries of one call, in addition to its first attempt: 1 to 100, default 3. After the last retry the call
    /// fails with the failure of that retry.
    /// </summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>
    /// The minimum delay before a retry; more than zero, at most one day, default 200 ms. Without jitter the first retry waits this long,
    /// and each further one waits twice as long as the one before. With jitter each delay is drawn between this minimum and three times
    /// the previous delay; the first one between the minimum and three times the minimum.
    /// </summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The maximum delay before a retry; more than zero, at most one day, default 5 s. A longer delay is cut to this one.
    /// </summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether delays are random, so that clients whose calls failed at the same time do not retry at the same time. Default true.
    /// </summary>
    public bool UseJitter { get; set; } = true;

    /// <summary>The clock of the delays. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    internal void Validate()
    {
        if (MaxRetries is < 1 or > 100)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxRetries), MaxRetries, "MaxRetries must be from 1 to 100.");
        }

        CheckDelay(Delay, nameof(Delay));
        CheckDelay(MaxDelay, nameof(MaxDelay));
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }

    private static void CheckDelay(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be more than zero and at most one day.");
        }
    }
}
