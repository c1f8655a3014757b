namespace TunnelRpc;

/// <summary>The filters of one side. The server or the client reads them when it is created. Not thread-safe.</summary>
public sealed class TunnelFilters
{
    private readonly List<TunnelFilterRegistration> _registrations = [];

    internal TunnelFilters()
    {
    }

    /// <summary>The number of filters.</summary>
    public int Count => _registrations.Count;

    /// <summary>Adds one filter for all calls. The instance must be thread-safe. It is not disposed.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="order">
    /// The position: a filter of a lower order runs outside those of a higher one; within one order, the filter that was added first.
    /// </param>
    /// <param name="direction">
    /// The calls around which the filter runs: calls that this side serves or calls that it makes; null for both.
    /// </param>
    /// <param name="methods">Selects the methods; called once per method. Null selects all.</param>
    /// <returns>This collection.</returns>
    public TunnelFilters Add(
        ITunnelFilter filter, int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Add(new TunnelFilterRegistration(_ => filter, order, direction, methods, NeedsScope: false));
        return this;
    }

    internal void Add(TunnelFilterRegistration registration) => _registrations.Add(registration);

    /// <summary>Returns a snapshot of the registrations, the outermost first.</summary>
    internal TunnelFilterRegistration[] ToOrdered() => [.. _registrations.OrderBy(r => r.Order)];
}
