using System.Collections.Concurrent;

namespace TunnelRpc.Calls;

/// <summary>The filters of one side: of a server or of a client. Thread-safe.</summary>
internal sealed class FilterSet(TunnelFilters filters, CallScopeFactory? scopeFactory)
{
    private readonly TunnelFilterRegistration[] _filters = filters.ToOrdered();

    // An entry a method of a contract that was called: as many as the application has.
    private readonly ConcurrentDictionary<TunnelMethod, FilterPipeline?> _outgoing = new();

    /// <summary>Null for a client without dependency injection.</summary>
    public CallScopeFactory? ScopeFactory => scopeFactory;

    /// <summary>Whether a call that this side makes may have a filter.</summary>
    public bool HasOutgoingFilters => _filters.Any(f => f.Direction != TunnelCallDirection.Incoming);

    /// <summary>The filters of calls that this side makes; null for none.</summary>
    public FilterPipeline? GetOutgoingPipeline(TunnelMethod method) =>
        _outgoing.GetOrAdd(method, static (method, set) => set.CreatePipeline(method, TunnelCallDirection.Outgoing), this);

    /// <summary>The filters of calls that this side serves; null for none. Asked once a method.</summary>
    public FilterPipeline? CreateIncomingPipeline(TunnelMethod method) => CreatePipeline(method, TunnelCallDirection.Incoming);

    private FilterPipeline? CreatePipeline(TunnelMethod method, TunnelCallDirection direction)
    {
        TunnelFilterRegistration[] matching = [.. _filters.Where(f => f.AppliesTo(method, direction))];
        return matching.Length == 0 ? null : new FilterPipeline(matching);
    }
}
