namespace TunnelRpc;

/// <summary>A filter and the calls around which it runs.</summary>
/// <param name="Resolve">
/// Returns the filter for a call. The argument is the services of the call; it may be null if <paramref name="NeedsScope"/> is false.
/// </param>
/// <param name="Order">The position: a filter of a lower order runs outside those of a higher one.</param>
/// <param name="Direction">The direction of the calls; null for both.</param>
/// <param name="Methods">Selects the methods; null selects all.</param>
/// <param name="NeedsScope">Whether the filter is resolved from a scope of the call.</param>
internal sealed record TunnelFilterRegistration(
    Func<IServiceProvider?, ITunnelFilter> Resolve,
    int Order,
    TunnelCallDirection? Direction,
    Func<TunnelMethod, bool>? Methods,
    bool NeedsScope)
{
    /// <summary>Returns whether the filter runs around the calls of a method in a direction.</summary>
    public bool AppliesTo(TunnelMethod method, TunnelCallDirection direction) =>
        (Direction ?? direction) == direction && Methods?.Invoke(method) != false;
}
