namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A filter that runs a delegate of the test.</summary>
internal sealed class DelegateFilter(Func<TunnelFilterContext, TunnelFilterNext, ValueTask> invoke) : ITunnelFilter
{
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next) => invoke(context, next);
}
