using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Serves a one-way method: one request, no reply. A failure is only logged, on this side.</summary>
internal sealed class OneWayHandler<TService, TArgs>(
    OneWayMethod<TService, TArgs> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler<TArgs>(method.ArgumentsFormatter)
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, Unit, Unit>? _filters = filterSet?.CreateIncomingPipeline(method) is { } pipeline
        ? new(
            pipeline,
            filterSet.ScopeFactory,
            activator,
            (service, args, _, cancellationToken) => Unit.From(method.Invoke(service, args, cancellationToken)))
        : null;

    public override TunnelMethod Method => method;

    protected override IncomingCall<TArgs> CreateCall(in IncomingCallInfo head) => new Call(method, activator, _filters);

    private sealed class Call(
        OneWayMethod<TService, TArgs> method,
        ServiceActivator<TService> activator,
        IncomingFilters<TService, TArgs, Unit, Unit>? filters)
        : IncomingCall<TArgs>
    {
        protected override TunnelMethod Method => method;

        // The references in the arguments of a one-way call end when they are collected, and an ended call may stay reachable for a while.
        protected override void OnEnded(bool canReuse) => ClearArguments();

        protected override async ValueTask<bool> InvokeAsync()
        {
            if (filters is null)
            {
                await method.Invoke(Activate(activator), Arguments, CancellationToken).ConfigureAwait(false);
            }
            else
            {
                await InvokeWithFiltersAsync(filters, Arguments, default).ConfigureAwait(false);
            }

            // The contract of the caller may have a reply for this method; such a call gets one.
            return await ReplyAsync(Serialization.Formatters.UnitFormatter.Instance, default).ConfigureAwait(false);
        }
    }
}
