using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Serves a server-streaming method: one request, a stream of items as the reply.</summary>
internal sealed class ServerStreamingHandler<TService, TArgs, TItem>(
    ServerStreamingMethod<TService, TArgs, TItem> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, Unit, IAsyncEnumerable<TItem>>? _filters =
        filterSet?.CreateIncomingPipeline(method) is { } pipeline
            ? new(
                pipeline,
                filterSet.ScopeFactory,
                activator,
                (service, args, _, cancellationToken) => new(method.Invoke(service, args, cancellationToken)),
                ObservedStream.Observe)
            : null;

    public override TunnelMethod Method => method;

    public override void Start(in IncomingCallInfo head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments) { Scope = head.References };
        TArgs args = method.ArgumentsFormatter.Read(ref reader);
        new Call(method, activator, _filters, args, head.Peer.Multiplexer).Begin(head);
    }

    private sealed class Call : IncomingCall
    {
        private readonly ServerStreamingMethod<TService, TArgs, TItem> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly IncomingFilters<TService, TArgs, Unit, IAsyncEnumerable<TItem>>? _filters;
        private readonly TArgs _args;

        public Call(
            ServerStreamingMethod<TService, TArgs, TItem> method,
            ServiceActivator<TService> activator,
            IncomingFilters<TService, TArgs, Unit, IAsyncEnumerable<TItem>>? filters,
            TArgs args,
            Multiplexer multiplexer)
        {
            _method = method;
            _activator = activator;
            _filters = filters;
            _args = args;
            SendWindow = new SendWindow(multiplexer.InitialSendWindow, multiplexer.Work);
        }

        protected override TunnelMethod Method => _method;

        protected override FrameType FailureFrame => FrameType.End;

        protected override async ValueTask<bool> InvokeAsync()
        {
            IAsyncEnumerable<TItem> items = _filters is null
                ? _method.Invoke(Activate(_activator), _args, CancellationToken)
                : await InvokeWithFiltersAsync(_filters, _args, default).ConfigureAwait(false);
            return await ReplyWithStreamAsync(_method.ItemFormatter, items).ConfigureAwait(false);
        }
    }
}
