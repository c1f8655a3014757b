namespace TunnelRpc.Calls;

/// <summary>The filters of one method in one direction, composed once. Thread-safe.</summary>
internal sealed class FilterPipeline
{
    /// <param name="filters">The filters, the outermost first.</param>
    public FilterPipeline(IReadOnlyList<TunnelFilterRegistration> filters)
    {
        TunnelFilterNext next = static context => context.CallAsync();
        foreach (TunnelFilterRegistration filter in filters.Reverse())
        {
            TunnelFilterNext inner = next;
            next = context => filter.Resolve(context.Services).InvokeAsync(context, inner);
            NeedsScope |= filter.NeedsScope;
        }

        EntryPoint = next;
    }

    /// <summary>Runs the outermost filter.</summary>
    public TunnelFilterNext EntryPoint { get; }

    /// <summary>Whether a filter is resolved from a scope of the call.</summary>
    public bool NeedsScope { get; }
}
