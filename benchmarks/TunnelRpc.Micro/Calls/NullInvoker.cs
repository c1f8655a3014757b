using TunnelRpc.Serialization;

namespace TunnelRpc.Micro.Calls;

/// <summary>Completes unary calls synchronously with the default value.</summary>
internal class NullInvoker : TunnelInvoker
{
    public override TunnelInvoker With(TunnelCallOptions options) => this;

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) => default;

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) => default;

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) => default;

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) => throw UnaryOnly();

    public override ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) => throw UnaryOnly();

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) => throw UnaryOnly();

    private static NotSupportedException UnaryOnly() => new("Expected a unary call: this invoker does not support streams.");
}
