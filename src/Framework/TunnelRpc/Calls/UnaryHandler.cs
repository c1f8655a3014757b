using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Serves a unary method: one request, one reply. Its calls are pooled.</summary>
internal sealed class UnaryHandler<TService, TArgs, TResult>(
    UnaryMethod<TService, TArgs, TResult> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
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

    public override void Start(in IncomingCallInfo head, ReadOnlySpan<byte> arguments)
    {
        if (Call.MayDecodeLater(this, head))
        {
            Call large = CallPool<Call>.RentOrDefault() ?? new Call();
            large.Prepare(this, default!);
            large.Begin(head, arguments.Length);
            return;
        }

        var reader = new MessagePackReader(arguments) { Scope = head.References };
        TArgs args = method.ArgumentsFormatter.Read(ref reader);
        Call call = CallPool<Call>.RentOrDefault() ?? new Call();
        call.Prepare(this, args);
        call.Begin(head);
    }

    private sealed class Call : IncomingCall
    {
        // Set before each use.
        private UnaryHandler<TService, TArgs, TResult> _handler = null!;
        private TArgs _arguments = default!;

        protected override TunnelMethod Method => _handler.Method;

        protected override bool ShouldCreateContext => _handler.Activator.ShouldProvideContext || _handler._filters is not null;

        /// <summary>Sets the fields of the next use.</summary>
        public void Prepare(UnaryHandler<TService, TArgs, TResult> handler, TArgs arguments)
        {
            _handler = handler;
            _arguments = arguments;
        }

        public static bool MayDecodeLater(UnaryHandler<TService, TArgs, TResult> handler, in IncomingCallInfo head) =>
            MayDecodeLater(handler.Method, head);

        protected override void DecodeArguments(ReadOnlySpan<byte> arguments)
        {
            var reader = new MessagePackReader(arguments);
            _arguments = _handler.TypedMethod.ArgumentsFormatter.Read(ref reader);
        }

        // A method that completes synchronously needs no async state machine, here and in ReplyAsync.
        protected override ValueTask<bool> InvokeAsync()
        {
            ValueTask<TResult> running = _handler._filters is null
                ? _handler.TypedMethod.Invoke(Activate(_handler.Activator), _arguments, CancellationToken)
                : InvokeWithFiltersAsync(_handler._filters, _arguments, default);
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
                _arguments = default!;
                CallPool<Call>.Return(this);
            }
        }
    }

    private UnaryMethod<TService, TArgs, TResult> TypedMethod => method;

    private ServiceActivator<TService> Activator => activator;
}
