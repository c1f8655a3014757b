using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Serves a server-streaming method: one request, a stream of items as the reply.</summary>
internal sealed class ServerStreamingHandler<TService, TArgs, TItem>(
    ServerStreamingMethod<TService, TArgs, TItem> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler<TArgs>(method.ArgumentsFormatter)
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

    protected override IncomingCall<TArgs> CreateCall(in IncomingCallInfo head) =>
        new Call(method, activator, _filters, head.Peer.Multiplexer);

    private sealed class Call : IncomingCall<TArgs>
    {
        private readonly ServerStreamingMethod<TService, TArgs, TItem> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly IncomingFilters<TService, TArgs, Unit, IAsyncEnumerable<TItem>>? _filters;

        public Call(
            ServerStreamingMethod<TService, TArgs, TItem> method,
            ServiceActivator<TService> activator,
            IncomingFilters<TService, TArgs, Unit, IAsyncEnumerable<TItem>>? filters,
            Multiplexer multiplexer)
        {
            _method = method;
            _activator = activator;
            _filters = filters;
            SendWindow = new SendWindow(multiplexer.InitialSendWindow, multiplexer.Work);
        }

        protected override TunnelMethod Method => _method;

        protected override FrameType FailureFrame => FrameType.End;

        protected override async ValueTask<bool> InvokeAsync()
        {
            IAsyncEnumerable<TItem> items = _filters is null
                ? _method.Invoke(Activate(_activator), Arguments, CancellationToken)
                : await InvokeWithFiltersAsync(_filters, Arguments, default).ConfigureAwait(false);
            return await ReplyWithStreamAsync(_method.ItemFormatter, items).ConfigureAwait(false);
        }
    }
}
