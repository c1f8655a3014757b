namespace TunnelRpc;

/// <summary>
/// A filter (interceptor) around calls: outgoing calls, incoming calls, or both.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>An instance that is registered for several calls is invoked concurrently and must be thread-safe.</item>
/// <item>An exception that a filter throws fails the call, as an exception of the implementation does.</item>
/// </list>
/// </remarks>
public interface ITunnelFilter
{
    /// <summary>
    /// Runs around one call. A filter that invokes <paramref name="next"/> continues the call. A filter that does not invoke it replies
    /// with the value that it assigned to <see cref="TunnelFilterContext.Result"/>. A filter may invoke it again to retry the call, after
    /// the previous invocation has completed.
    /// </summary>
    /// <param name="context">The call. Valid until the call completes.</param>
    /// <param name="next">The next filter, or the call itself after the last filter.</param>
    ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next);
}
