using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Serves a unary method: one request, one reply. Its calls are pooled.</summary>
internal sealed class UnaryHandler<TService, TArgs, TResult>(
    UnaryMethod<TService, TArgs, TResult> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler<TArgs>(method.ArgumentsFormatter)
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, Unit, TResult>? _filters = filterSet?.CreateIncomingPipeline(method) is { } pipeline
        ? new(
            pipeline,
            filterSet.ScopeFactory,
            activator,
            (service, args, _, cancellationToken) => method.Invoke(service, args, cancellationToken))
        : null;

    public override TunnelMethod Method => method;

    protected override bool CanDecodeLater => true;

    protected override IncomingCall<TArgs> CreateCall(in IncomingCallInfo head)
    {
        Call call = CallPool<Call>.RentOrDefault() ?? new Call();
        call.Prepare(this);
        return call;
    }

    private sealed class Call : IncomingCall<TArgs>
    {
        // Set before each use.
        private UnaryHandler<TService, TArgs, TResult> _handler = null!;

        protected override TunnelMethod Method => _handler.Method;

        protected override bool ShouldCreateContext => _handler.Activator.ShouldProvideContext || _handler._filters is not null;

        /// <summary>Sets the handler of the next use.</summary>
        public void Prepare(UnaryHandler<TService, TArgs, TResult> handler) => _handler = handler;

        // A method that completes synchronously needs no async state machine, here and in ReplyAsync.
        protected override ValueTask<bool> InvokeAsync()
        {
            ValueTask<TResult> running = _handler._filters is null
                ? _handler.TypedMethod.Invoke(Activate(_handler.Activator), Arguments, CancellationToken)
                : InvokeWithFiltersAsync(_handler._filters, Arguments, default);
            return running.IsCompletedSuccessfully
                ? ReplyAsync(_handler.TypedMethod.ResultFormatter, running.GetAwaiter().GetResult())
                : ReplyLaterAsync(running);
        }

        private async ValueTask<bool> ReplyLaterAsync(ValueTask<TResult> running) =>
            await ReplyAsync(_handler.TypedMethod.ResultFormatter, await running.ConfigureAwait(false)).ConfigureAwait(false);

        protected override void OnEnded(bool canReuse)
        {
            if (canReuse)
            {
                _handler = null!;
                ClearArguments();
                CallPool<Call>.Return(this);
            }
        }
    }

    private UnaryMethod<TService, TArgs, TResult> TypedMethod => method;

    private ServiceActivator<TService> Activator => activator;
}
