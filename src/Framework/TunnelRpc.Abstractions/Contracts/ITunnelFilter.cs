namespace TunnelRpc;

/// <summary>
/// Runs around calls: those made from this side, those served on it, or both. Thread-safe where one instance serves several
/// calls. What it throws fails the call, as if the implementation had thrown it.
/// </summary>
public interface ITunnelFilter
{
    /// <summary>
    /// Runs around one call. Calling <paramref name="next"/> goes on; not calling it answers with what
    /// <see cref="TunnelFilterContext.Result"/> was set to; calling it again, after the former has completed, repeats the call.
    /// </summary>
    /// <param name="context">The call; valid until it is over.</param>
    /// <param name="next">The filters behind this one, and the call itself at their end.</param>
    ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next);
}
