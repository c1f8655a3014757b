namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>Logs the direction and the method name of each call.</summary>
internal sealed class NameFilter(CallLog log) : ITunnelFilter
{
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        log.Entries.Enqueue($"{context.Direction} {context.Method.Name}");
        return next(context);
    }
}
