using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Serves a client-streaming method: a stream of items from the caller, one reply.</summary>
internal sealed class ClientStreamingHandler<TService, TArgs, TItem, TResult>(
    ClientStreamingMethod<TService, TArgs, TItem, TResult> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, TResult>? _filters =
        filterSet?.CreateIncomingPipeline(method) is { } pipeline
            ? new(pipeline, filterSet.ScopeFactory, activator, method.Invoke)
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
        private readonly ClientStreamingMethod<TService, TArgs, TItem, TResult> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, TResult>? _filters;
        private readonly TArgs _args;

        public Call(
            ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
            ServiceActivator<TService> activator,
            IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, TResult>? filters,
            TArgs args,
            in IncomingCallInfo head)
            : base(method.ItemFormatter, head)
        {
            _method = method;
            _activator = activator;
            _filters = filters;
            _args = args;
        }

        protected override TunnelMethod Method => _method;

        protected override async ValueTask<bool> InvokeAsync()
        {
            TResult result = _filters is null
                ? await _method.Invoke(Activate(_activator), _args, Items, CancellationToken).ConfigureAwait(false)
                : await InvokeWithFiltersAsync(_filters, _args, Items).ConfigureAwait(false);
            return await ReplyAsync(_method.ResultFormatter, result).ConfigureAwait(false);
        }
    }
}
