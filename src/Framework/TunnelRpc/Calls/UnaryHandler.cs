using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>One request, one reply. Its calls are pooled.</summary>
internal sealed class UnaryHandler<TService, TArgs, TResult>(
    UnaryMethod<TService, TArgs, TResult> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
    where TService : class
{
    private readonly IncomingFilters<TService, TArgs, Unit, TResult>? _filters = filterSet?.Incoming(method) is { } pipeline
        ? new(pipeline, filterSet.Services, activator, (service, args, _, cancelled) => method.Invoke(service, args, cancelled))
        : null;

    public override TunnelMethod Method => method;

    public override void Start(in CallHead head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments) { Scope = head.References };
        TArgs args = method.Arguments.Read(ref reader);
        Call call = SlotPool<Call>.TryRent() ?? new Call();
        call.Prepare(this, args);
        call.Begin(head);
    }

    private sealed class Call : InboundCall
    {
        // Set before the call begins; both are another call's afterwards.
        private UnaryHandler<TService, TArgs, TResult> _handler = null!;
        private TArgs _arguments = default!;

        protected override TunnelMethod Method => _handler.Method;

        protected override bool HasContext => _handler.Activator.GivesContext || _handler._filters is not null;

        public void Prepare(UnaryHandler<TService, TArgs, TResult> handler, TArgs arguments)
        {
            _handler = handler;
            _arguments = arguments;
        }

        // No state machine for what ends at once, here and below it.
        protected override ValueTask<bool> InvokeAsync()
        {
            ValueTask<TResult> running = _handler._filters is null
                ? _handler.Typed.Invoke(Activate(_handler.Activator), _arguments, Cancelled)
                : FilterAsync(_handler._filters, _arguments, default);
            return running.IsCompletedSuccessfully ? ReplyAsync(_handler.Typed.Result, running.GetAwaiter().GetResult()) : ReplyLaterAsync(running);
        }

        private async ValueTask<bool> ReplyLaterAsync(ValueTask<TResult> running) =>
            await ReplyAsync(_handler.Typed.Result, await running.ConfigureAwait(false)).ConfigureAwait(false);

        protected override void OnEnded(bool reusable)
        {
            if (reusable)
            {
                _handler = null!;
                _arguments = default!;
                SlotPool<Call>.Return(this);
            }
        }
    }

    private UnaryMethod<TService, TArgs, TResult> Typed => method;

    private ServiceActivator<TService> Activator => activator;
}
