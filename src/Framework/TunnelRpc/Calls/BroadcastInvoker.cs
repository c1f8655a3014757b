namespace TunnelRpc.Calls;

/// <summary>Carries calls without a result to every target at once.</summary>
internal sealed class BroadcastInvoker(Func<IEnumerable<TunnelInvoker>> targets) : TunnelInvoker
{
    public override TunnelInvoker With(TunnelCallOptions options) => new BroadcastInvoker(() => targets().Select(target => target.With(options)));

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        AllAsync(target => target.InvokeVoidAsync(method, args, cancellationToken).AsTask());

    public override ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        AllAsync(target => target.SendAsync(method, args, cancellationToken).AsTask());

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) => throw HasResult(method);

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) => throw HasResult(method);

    public override ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken) => throw HasResult(method);

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken) => throw HasResult(method);

    private async ValueTask AllAsync(Func<TunnelInvoker, Task> call) => await Task.WhenAll(targets().Select(call)).ConfigureAwait(false);

    private static InvalidOperationException HasResult(TunnelMethod method) =>
        new($"{method} has a result or a stream, so it cannot be called on all sessions at once. Call it on each: Session(id).");
}
