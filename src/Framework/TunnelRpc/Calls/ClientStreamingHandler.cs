namespace TunnelRpc.Calls;

/// <summary>Serves a client-streaming method: a stream of items from the caller, one reply.</summary>
internal sealed class ClientStreamingHandler<TService, TArgs, TItem, TResult>(
    ClientStreamingMethod<TService, TArgs, TItem, TResult> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler<TArgs>(method.ArgumentsFormatter)
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, TResult>? _filters =
        filterSet?.CreateIncomingPipeline(method) is { } pipeline
            ? new(pipeline, filterSet.ScopeFactory, activator, method.Invoke)
            : null;

    public override TunnelMethod Method => method;

    public override bool ReceivesItems => true;

    protected override IncomingCall<TArgs> CreateCall(in IncomingCallInfo head) => new Call(method, activator, _filters, head);

    private sealed class Call : ItemReceivingCall<TArgs, TItem>
    {
        private readonly ClientStreamingMethod<TService, TArgs, TItem, TResult> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, TResult>? _filters;

        public Call(
            ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
            ServiceActivator<TService> activator,
            IncomingFilters<TService, TArgs, IAsyncEnumerable<TItem>, TResult>? filters,
            in IncomingCallInfo head)
            : base(method.ItemFormatter, head)
        {
            _method = method;
            _activator = activator;
            _filters = filters;
        }

        protected override TunnelMethod Method => _method;

        protected override async ValueTask<bool> InvokeAsync()
        {
            TResult result = _filters is null
                ? await _method.Invoke(Activate(_activator), Arguments, Items, CancellationToken).ConfigureAwait(false)
                : await InvokeWithFiltersAsync(_filters, Arguments, Items).ConfigureAwait(false);
            return await ReplyAsync(_method.ResultFormatter, result).ConfigureAwait(false);
        }
    }
}
