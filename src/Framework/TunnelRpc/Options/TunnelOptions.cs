namespace TunnelRpc;

/// <summary>
/// The options that a client and a server have in common. They are validated when the client or the server is created and must not change
/// afterwards. Not thread-safe.
/// </summary>
public abstract class TunnelOptions
{
    private protected TunnelOptions(TunnelLimits limits) => Limits = limits;

    /// <summary>The limits of this side. The error of a limit that was reached names the limit.</summary>
    public TunnelLimits Limits { get; }

    /// <summary>
    /// The time without a byte sent or received after which this side sends a PING. A path is disconnected after two unanswered PINGs, or
    /// after as many as fit into four round trips if that is more. More than zero, at most a day. Default 15 s.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The time that a session without a path waits for another one before the session ends; its calls stay open in the meantime. The
    /// smaller value of the two sides applies. Zero disables resumption: the session ends with its path. Zero, or from a second to a day.
    /// Default 2 minutes.
    /// </summary>
    public TimeSpan ResumeWindow { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The time that an orderly close waits for the peer's CLOSE; after it the session ends without it. More than zero, at most a day.
    /// Default 2 s.
    /// </summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether the message of an unhandled exception is sent to the caller, also that of an argument's constructor or setter, and whether
    /// the refusal of a call of an unknown method lists the services. The message may contain secrets. Default off.
    /// </summary>
    public bool IncludeExceptionDetails { get; set; }

    /// <summary>The clock of every timeout and timestamp. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The filters that run around each call that this side makes or serves. Default none.</summary>
    public TunnelFilters Filters { get; } = new();

    /// <summary>The compression of large messages. Default off.</summary>
    public TunnelCompressionOptions Compression { get; } = new();

    /// <summary>
    /// Whether calls that wait for long let the session collect garbage, which may find abandoned streams. Off in simulations, whose runs
    /// must not depend on the collector. Default on.
    /// </summary>
    internal bool CollectsAbandonedStreams { get; set; } = true;

    /// <summary>The time that the close of a session waits for the calls that it has cancelled.</summary>
    internal abstract TimeSpan CallEndTimeout { get; }

    /// <summary>Validates the options.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names the option and the range.</exception>
    internal virtual void Validate()
    {
        Limits.Validate();
        Compression.Validate();
        CheckDuration(KeepAliveInterval, nameof(KeepAliveInterval));
        CheckDuration(CloseTimeout, nameof(CloseTimeout));
        if (ResumeWindow != TimeSpan.Zero && (ResumeWindow < TimeSpan.FromSeconds(1) || ResumeWindow > TimeSpan.FromDays(1)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(ResumeWindow), ResumeWindow, "ResumeWindow must be zero, or from a second to a day.");
        }

        ArgumentNullException.ThrowIfNull(TimeProvider);
    }

    private protected static void CheckDuration(TimeSpan value, string name, bool allowZero = false)
    {
        if (value < TimeSpan.Zero || (value == TimeSpan.Zero && !allowZero) || value > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} must be {(allowZero ? "zero or more" : "more than zero")} and at most a day.");
        }
    }
}
