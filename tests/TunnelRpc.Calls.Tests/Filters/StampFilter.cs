using Shouldly;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A filter with dependencies: says which scope it is from.</summary>
internal sealed class StampFilter(CallStamp stamp, CallLog visits) : ITunnelFilter
{
    public async ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        context.Services.ShouldNotBeNull().GetService(typeof(CallStamp)).ShouldBeSameAs(stamp);
        visits.Entries.Enqueue(stamp);
        if (context.Direction == TunnelCallDirection.Incoming)
        {
            visits.Entries.Enqueue(context.Service.ShouldNotBeNull());
        }

        await next(context);
    }
}
