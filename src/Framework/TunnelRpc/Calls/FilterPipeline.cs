namespace TunnelRpc.Calls;

/// <summary>The filters of one method in one direction, put together once. Thread-safe.</summary>
internal sealed class FilterPipeline
{
    public FilterPipeline(IReadOnlyList<TunnelFilterRegistration> filters)
    {
        TunnelFilterNext next = static context => context.CallAsync();
        foreach (TunnelFilterRegistration filter in filters.Reverse())
        {
            TunnelFilterNext behind = next;
            next = context => filter.Resolve(context.Services).InvokeAsync(context, behind);
            NeedsScope |= filter.NeedsScope;
        }

        EntryPoint = next;
    }

    /// <summary>The outermost filter.</summary>
    public TunnelFilterNext EntryPoint { get; }

    /// <summary>Whether a filter comes from a scope of the call.</summary>
    public bool NeedsScope { get; }
}
