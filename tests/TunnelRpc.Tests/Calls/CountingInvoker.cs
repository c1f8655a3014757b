using TunnelRpc.Serialization;

namespace TunnelRpc.Tests.Calls;

/// <summary>Counts calls without a result, or throws synchronously.</summary>
internal sealed class CountingInvoker : TunnelInvoker
{
    public int Sent { get; private set; }

    public int Called { get; private set; }

    public Exception? Throws { get; init; }

    public override TunnelInvoker With(TunnelCallOptions options) => this;

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
    {
        Called++;
        return Throws is null ? default : throw Throws;
    }

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        Sent++;
        return Throws is null ? default : throw Throws;
    }

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
