using System.Collections.Concurrent;

namespace TunnelRpc.Calls;

/// <summary>The filters of one side, server or client. Thread-safe.</summary>
/// <param name="filters">The registered filters.</param>
/// <param name="scopeFactory">Creates the scopes of filters; null for a client without dependency injection.</param>
internal sealed class FilterSet(TunnelFilters filters, CallScopeFactory? scopeFactory)
{
    private readonly TunnelFilterRegistration[] _filters = filters.ToOrdered();

    // One entry for each method that was called while there are filters. The methods of the application's contracts bound it. Created on
    // demand: each client has a set, and most have no filter.
    private ConcurrentDictionary<TunnelMethod, FilterPipeline?>? _outgoing;

    /// <summary>Creates the scopes of filters; null for a client without dependency injection.</summary>
    public CallScopeFactory? ScopeFactory => scopeFactory;

    /// <summary>Whether any filter is registered for outgoing calls.</summary>
    public bool HasOutgoingFilters => _filters.Any(f => f.Direction != TunnelCallDirection.Incoming);

    /// <summary>The filters of outgoing calls of a method; null for none. Cached.</summary>
    public FilterPipeline? GetOutgoingPipeline(TunnelMethod method) =>
        _filters.Length == 0 ? null
        : LazyInitializer.EnsureInitialized(ref _outgoing, static () => new ConcurrentDictionary<TunnelMethod, FilterPipeline?>())
            .GetOrAdd(method, static (method, set) => set.CreatePipeline(method, TunnelCallDirection.Outgoing), this);

    /// <summary>The filters of incoming calls of a method; null for none. Not cached: called once for each method.</summary>
    public FilterPipeline? CreateIncomingPipeline(TunnelMethod method) => CreatePipeline(method, TunnelCallDirection.Incoming);

    private FilterPipeline? CreatePipeline(TunnelMethod method, TunnelCallDirection direction)
    {
        TunnelFilterRegistration[] matching = [.. _filters.Where(f => f.AppliesTo(method, direction))];
        return matching.Length == 0 ? null : new FilterPipeline(matching);
    }
}
