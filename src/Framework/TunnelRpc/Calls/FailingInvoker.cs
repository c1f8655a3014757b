using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Fails every call for the same reason. Thread-safe.</summary>
/// <param name="reason">Gives status, message and outcome, and is the inner exception.</param>
internal sealed class FailingInvoker(TunnelException reason) : TunnelInvoker
{
    public override TunnelInvoker With(TunnelCallOptions options) => this;

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) =>
        ValueTask.FromException<TResult>(CreateException());

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        ValueTask.FromException(CreateException());

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        ValueTask.FromException(CreateException());

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) => throw CreateException();

    public override ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        ValueTask.FromException<TResult>(CreateException());

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) => throw CreateException();

    // Each call gets its own exception, because calls throw on different threads.
    private TunnelException CreateException() => new(reason.Status, reason.Message, reason) { Outcome = reason.Outcome };
}
