namespace TunnelRpc.Filters;

/// <summary>
/// Sets a timeout for calls that have none, neither from their caller nor from their method. All attempts of a retried call share one
/// timeout. It applies to outgoing and incoming calls. A call that exceeds it fails with <see cref="TunnelStatus.DeadlineExceeded"/>.
/// Thread-safe.
/// </summary>
public sealed class TimeoutFilter : ITunnelFilter
{
    private readonly TimeSpan _timeout;

    /// <summary>Creates a filter.</summary>
    /// <param name="timeout">
    /// The time that a call may take, from the moment at which the filter runs; more than zero, at most 30 days.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is out of range.</exception>
    public TimeoutFilter(TimeSpan timeout) => _timeout = TunnelCallOptions.ValidateTimeout(timeout);

    /// <inheritdoc/>
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        context.RemainingTime ??= _timeout;
        return next(context);
    }
}
