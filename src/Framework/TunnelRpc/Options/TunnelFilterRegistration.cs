namespace TunnelRpc;

/// <summary>One filter, and the calls it is for.</summary>
/// <param name="Resolve">Gives the filter for one call, out of the call's services.</param>
/// <param name="Order">Less is further outside.</param>
/// <param name="Direction">Null for both.</param>
/// <param name="Methods">Null for all.</param>
/// <param name="NeedsScope">Whether it must come from a scope of the call.</param>
internal sealed record TunnelFilterRegistration(
    Func<IServiceProvider?, ITunnelFilter> Resolve, int Order, TunnelCallDirection? Direction, Func<TunnelMethod, bool>? Methods, bool NeedsScope)
{
    public bool AppliesTo(TunnelMethod method, TunnelCallDirection direction) =>
        (Direction ?? direction) == direction && Methods?.Invoke(method) != false;
}
