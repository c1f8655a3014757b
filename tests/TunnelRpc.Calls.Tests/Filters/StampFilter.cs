using Shouldly;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A filter with dependencies: says which scope it is from.</summary>
internal sealed class StampFilter(CallStamp stamp, Visits visits) : ITunnelFilter
{
    public async ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        context.Services.ShouldNotBeNull().GetService(typeof(CallStamp)).ShouldBeSameAs(stamp);
        visits.Seen.Enqueue(stamp);
        if (context.Direction == TunnelCallDirection.Incoming)
        {
            visits.Seen.Enqueue(context.Service.ShouldNotBeNull());
        }

        await next(context);
    }
}
