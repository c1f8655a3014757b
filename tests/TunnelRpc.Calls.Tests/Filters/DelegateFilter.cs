namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A filter that a test writes in its place.</summary>
internal sealed class DelegateFilter(Func<TunnelFilterContext, TunnelFilterNext, ValueTask> invoke) : ITunnelFilter
{
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next) => invoke(context, next);
}
