namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>Says which calls it runs around. A singleton in the tests.</summary>
internal sealed class NameFilter(CallLog visits) : ITunnelFilter
{
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        visits.Entries.Enqueue($"{context.Direction} {context.Method.Name}");
        return next(context);
    }
}
