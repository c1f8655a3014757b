using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>A stream each way.</summary>
internal sealed class DuplexStreamingHandler<TService, TArgs, TItem, TResultItem>(
    DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, IAsyncEnumerable<TResultItem>>? _filters = filterSet?.Incoming(method) is { } pipeline
        ? new(pipeline, filterSet.Services, activator, (service, args, items, cancelled) => new(method.Invoke(service, args, items, cancelled)), ObservedStream.Observe)
        : null;

    public override TunnelMethod Method => method;

    public override void Start(in CallHead head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments) { Scope = head.References };
        TArgs args = method.Arguments.Read(ref reader);
        new Call(method, activator, _filters, args, head).Begin(head);
    }

    private sealed class Call : ReceivingCall<TItem>
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
            in CallHead head)
            : base(method.Item, head)
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
                ? _method.Invoke(Activate(_activator), _args, Items, Cancelled)
                : await FilterAsync(_filters, _args, Items).ConfigureAwait(false);
            return await StreamBackAsync(_method.ResultItem, items).ConfigureAwait(false);
        }
    }
}
