using Shouldly;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>A filter with dependencies. Logs the stamp of its scope, and the service of incoming calls.</summary>
internal sealed class StampFilter(CallStamp stamp, CallLog log) : ITunnelFilter
{
    public async ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        context.Services.ShouldNotBeNull().GetService(typeof(CallStamp)).ShouldBeSameAs(stamp);
        log.Entries.Enqueue(stamp);
        if (context.Direction == TunnelCallDirection.Incoming)
        {
            log.Entries.Enqueue(context.Service.ShouldNotBeNull());
        }

        await next(context);
    }
}
