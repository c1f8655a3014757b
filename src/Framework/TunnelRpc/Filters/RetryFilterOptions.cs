namespace TunnelRpc.Filters;

/// <summary>What a <see cref="RetryFilter"/> does. Read when the filter is made.</summary>
public sealed class RetryFilterOptions
{
    /// <summary>How often a call is repeated at most, beside the first time: 1 to 100. Default 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>About how long the first repetition waits; each further one about twice as long. Default 200 ms, at most a day.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The most that a repetition waits. Default 5 s, at most a day.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether delays vary at random, so that clients that failed together do not return together. On by default.</summary>
    public bool UseJitter { get; set; } = true;

    /// <summary>The clock of the delays.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
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
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be more than zero and at most a day.");
        }
    }
}
