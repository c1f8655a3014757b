using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Serves a duplex method: a stream of items in each direction.</summary>
internal sealed class DuplexStreamingHandler<TService, TArgs, TItem, TResultItem>(
    DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
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

    public override void Start(in IncomingCallInfo head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments) { Scope = head.References };
        TArgs args = method.ArgumentsFormatter.Read(ref reader);
        new Call(method, activator, _filters, args, head).Begin(head);
    }

    private sealed class Call : ItemReceivingCall<TItem>
    {
        private readonly DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, IAsyncEnumerable<TResultItem>>? _filters;
        private readonly TArgs _args;

        public Call(
            DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
            ServiceActivator<TService> activator,
            IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, IAsyncEnumerable<TResultItem>>? filters,
            TArgs args,
            in IncomingCallInfo head)
            : base(method.ItemFormatter, head)
        {
            _method = method;
            _activator = activator;
            _filters = filters;
            _args = args;
            SendWindow = new SendWindow(head.Peer.Multiplexer.InitialSendWindow, head.Peer.Multiplexer.Work);
        }

        protected override TunnelMethod Method => _method;

        protected override FrameType FailureFrame => FrameType.End;

        protected override async ValueTask<bool> InvokeAsync()
        {
            IAsyncEnumerable<TResultItem> items = _filters is null
                ? _method.Invoke(Activate(_activator), _args, Items, CancellationToken)
                : await InvokeWithFiltersAsync(_filters, _args, Items).ConfigureAwait(false);
            return await ReplyWithStreamAsync(_method.ResultItemFormatter, items).ConfigureAwait(false);
        }
    }
}
