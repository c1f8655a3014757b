using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>Serves a duplex method: a stream of items in each direction.</summary>
internal sealed class DuplexStreamingHandler<TService, TArgs, TItem, TResultItem>(
    DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler<TArgs>(method.ArgumentsFormatter)
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, IAsyncEnumerable<TResultItem>>? _filters =
        filterSet?.CreateIncomingPipeline(method) is { } pipeline
            ? new(
                pipeline,
                filterSet.ScopeFactory,
                activator,
                (service, args, items, cancellationToken) => new(method.Invoke(service, args, items, cancellationToken)),
                ObservedStream.Observe)
            : null;

    public override TunnelMethod Method => method;

    public override bool ReceivesItems => true;

    protected override IncomingCall<TArgs> CreateCall(in IncomingCallInfo head) => new Call(method, activator, _filters, head);

    private sealed class Call : ItemReceivingCall<TArgs, TItem>
    {
        private readonly DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, IAsyncEnumerable<TResultItem>>? _filters;

        public Call(
            DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
            ServiceActivator<TService> activator,
            IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, IAsyncEnumerable<TResultItem>>? filters,
            in IncomingCallInfo head)
            : base(method.ItemFormatter, head)
        {
            _method = method;
            _activator = activator;
            _filters = filters;
            SendWindow = new SendWindow(head.Peer.Multiplexer.InitialSendWindow, head.Peer.Multiplexer.Work);
        }

        protected override TunnelMethod Method => _method;

        protected override FrameType FailureFrame => FrameType.End;

        protected override async ValueTask<bool> InvokeAsync()
        {
            IAsyncEnumerable<TResultItem> items = _filters is null
                ? _method.Invoke(Activate(_activator), Arguments, Items, CancellationToken)
                : await InvokeWithFiltersAsync(_filters, Arguments, Items).ConfigureAwait(false);
            return await ReplyWithStreamAsync(_method.ResultItemFormatter, items).ConfigureAwait(false);
        }
    }
}
