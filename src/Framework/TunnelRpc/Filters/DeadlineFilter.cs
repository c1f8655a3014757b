namespace TunnelRpc.Filters;

/// <summary>Gives a deadline to the calls that have none: neither by their caller, nor by their method. Thread-safe.</summary>
public sealed class DeadlineFilter : ITunnelFilter
{
    private readonly TimeSpan _time;

    /// <summary>Gives calls this long, from the filter on.</summary>
    /// <param name="time">More than zero, at most 30 days.</param>
    public DeadlineFilter(TimeSpan time) => _time = TunnelCallOptions.CheckDeadline(time);

    /// <inheritdoc/>
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        context.Deadline ??= _time;
        return next(context);
    }
}
