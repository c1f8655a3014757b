namespace TunnelRpc;

/// <summary>What is behind a filter: the next filter, or the call itself. When it has completed, the result is in the context.</summary>
/// <param name="context">The context that the filter was given.</param>
public delegate ValueTask TunnelFilterNext(TunnelFilterContext context);
