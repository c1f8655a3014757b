using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>One request, no reply: a failure is logged here only.</summary>
internal sealed class OneWayHandler<TService, TArgs>(
    OneWayMethod<TService, TArgs> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, Unit, Unit>? _filters = filterSet?.CreateIncomingPipeline(method) is { } pipeline
        ? new(pipeline, filterSet.ScopeFactory, activator, (service, args, _, cancelled) => Unit.From(method.Invoke(service, args, cancelled)))
        : null;

    public override TunnelMethod Method => method;

    public override void Start(in IncomingCallInfo head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments) { Scope = head.References };
        TArgs args = method.ArgumentsFormatter.Read(ref reader);
        new Call(method, activator, _filters, args).Begin(head);
    }

    private sealed class Call(
        OneWayMethod<TService, TArgs> method, ServiceActivator<TService> activator, IncomingFilters<TService, TArgs, Unit, Unit>? filters, TArgs args)
        : IncomingCall
    {
        protected override TunnelMethod Method => method;

        protected override async ValueTask<bool> InvokeAsync()
        {
            if (filters is null)
            {
                await method.Invoke(Activate(activator), args, CancellationToken).ConfigureAwait(false);
            }
            else
            {
                await InvokeWithFiltersAsync(filters, args, default).ConfigureAwait(false);
            }

            // A caller that asked for an answer gets one: the contract's two sides may differ in this.
            return await ReplyAsync(Serialization.Formatters.UnitFormatter.Instance, default).ConfigureAwait(false);
        }
    }
}
