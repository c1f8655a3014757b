namespace TunnelRpc;

/// <summary>
/// The next filter, or the call itself after the last filter. When the task completes, <see cref="TunnelFilterContext.Result"/> holds
/// the result.
/// </summary>
/// <param name="context">The context that the filter received.</param>
public delegate ValueTask TunnelFilterNext(TunnelFilterContext context);
