namespace TunnelRpc;

/// <summary>The filters of one side. Read when the server or the client is made; not thread-safe.</summary>
public sealed class TunnelFilters
{
    private readonly List<TunnelFilterRegistration> _registrations = [];

    internal TunnelFilters()
    {
    }

    /// <summary>How many there are.</summary>
    public int Count => _registrations.Count;

    /// <summary>Adds one instance for all its calls; it must be thread-safe and is not disposed.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="order">A filter of less order runs outside those of more; of the same order, the one that was added first.</param>
    /// <param name="direction">Which calls it is for; null for those made and those served.</param>
    /// <param name="methods">Which methods it is for, asked once a method; null for all.</param>
    public TunnelFilters Add(ITunnelFilter filter, int order = 0, TunnelCallDirection? direction = null, Func<TunnelMethod, bool>? methods = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Add(new TunnelFilterRegistration(_ => filter, order, direction, methods, NeedsScope: false));
        return this;
    }

    internal void Add(TunnelFilterRegistration registration) => _registrations.Add(registration);

    /// <summary>The registrations as they are now, the outermost first.</summary>
    internal TunnelFilterRegistration[] ToOrdered() => [.. _registrations.OrderBy(r => r.Order)];
}
