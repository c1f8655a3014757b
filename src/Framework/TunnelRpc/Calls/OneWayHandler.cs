using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>One request, no reply: a failure is logged here only.</summary>
internal sealed class OneWayHandler<TService, TArgs>(
    OneWayMethod<TService, TArgs> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, Unit, Unit>? _filters = filterSet?.Incoming(method) is { } pipeline
        ? new(pipeline, filterSet.Services, activator, (service, args, _, cancelled) => Unit.From(method.Invoke(service, args, cancelled)))
        : null;

    public override TunnelMethod Method => method;

    public override void Start(in CallHead head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments) { Scope = head.References };
        TArgs args = method.Arguments.Read(ref reader);
        new Call(method, activator, _filters, args).Begin(head);
    }

    private sealed class Call(
        OneWayMethod<TService, TArgs> method, ServiceActivator<TService> activator, IncomingFilters<TService, TArgs, Unit, Unit>? filters, TArgs args)
        : InboundCall
    {
        protected override TunnelMethod Method => method;

        protected override async ValueTask<bool> InvokeAsync()
        {
            if (filters is null)
            {
                await method.Invoke(Activate(activator), args, Cancelled).ConfigureAwait(false);
            }
            else
            {
                await FilterAsync(filters, args, default).ConfigureAwait(false);
            }

            // A caller that asked for an answer gets one: the contract's two sides may differ in this.
            return await ReplyAsync(Serialization.Formatters.UnitFormatter.Instance, default).ConfigureAwait(false);
        }
    }
}
