namespace TunnelRpc.Filters;

/// <summary>Gives a deadline to the calls that have none: neither by their caller, nor by their method. Thread-safe.</summary>
public sealed class TimeoutFilter : ITunnelFilter
{
    private readonly TimeSpan _timeout;

    /// <summary>Gives calls this long, from the filter on.</summary>
    /// <param name="timeout">More than zero, at most 30 days.</param>
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
