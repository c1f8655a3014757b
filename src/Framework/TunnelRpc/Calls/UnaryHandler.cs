using System.Collections.Concurrent;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>One request, one reply. Its calls are pooled.</summary>
internal sealed class UnaryHandler<TService, TArgs, TResult>(
    UnaryMethod<TService, TArgs, TResult> method, ServiceActivator<TService> activator, FilterSet? filterSet)
    : MethodHandler
    where TService : class
{
    private const int PoolSize = 256;
    private readonly ConcurrentQueue<Call> _pool = new();
    private readonly IncomingFilters<TService, TArgs, Unit, TResult>? _filters = filterSet?.Incoming(method) is { } pipeline
        ? new(pipeline, filterSet.Services, activator, (service, args, _, cancelled) => method.Invoke(service, args, cancelled))
        : null;

    // Changed atomically; about how many are in the pool.
    private int _pooled;

    public override TunnelMethod Method => method;

    public override void Start(in CallHead head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments) { References = head.References };
        TArgs args = method.Arguments.Read(ref reader);
        if (_pool.TryDequeue(out Call? call))
        {
            Interlocked.Decrement(ref _pooled);
        }
        else
        {
            call = new Call(this);
        }

        call.Arguments = args;
        call.Begin(head);
    }

    private void Return(Call call)
    {
        if (Interlocked.Increment(ref _pooled) <= PoolSize)
        {
            _pool.Enqueue(call);
        }
        else
        {
            Interlocked.Decrement(ref _pooled);
        }
    }

    private sealed class Call(UnaryHandler<TService, TArgs, TResult> handler) : InboundCall
    {
        public TArgs Arguments { get; set; } = default!;

        protected override TunnelMethod Method => handler.Method;

        // No state machine for what ends at once, here and below it.
        protected override ValueTask<bool> InvokeAsync()
        {
            ValueTask<TResult> running = handler._filters is null
                ? handler.Typed.Invoke(Activate(handler.Activator), Arguments, Cancelled)
                : FilterAsync(handler._filters, Arguments, default);
            return running.IsCompletedSuccessfully ? ReplyAsync(handler.Typed.Result, running.GetAwaiter().GetResult()) : ReplyLaterAsync(running);
        }

        private async ValueTask<bool> ReplyLaterAsync(ValueTask<TResult> running) =>
            await ReplyAsync(handler.Typed.Result, await running.ConfigureAwait(false)).ConfigureAwait(false);

        protected override void OnEnded(bool reusable)
        {
            if (reusable)
            {
                Arguments = default!;
                handler.Return(this);
            }
        }
    }

    private UnaryMethod<TService, TArgs, TResult> Typed => method;

    private ServiceActivator<TService> Activator => activator;
}
