using System.Runtime.CompilerServices;
using TunnelRpc.Serialization;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Encodes and decodes every call and makes it on an implementation in the same process.</summary>
internal sealed class LoopInvoker(object service) : TunnelInvoker
{
    public override TunnelInvoker With(TunnelCallOptions options) => this;

    public override async ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) =>
        Loop.Through(
            method.ResultFormatter,
            await method.Invoke((TService)service, Loop.Through(method.ArgumentsFormatter, args), cancellationToken));

    public override async ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        await InvokeAsync(method, args, cancellationToken);

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        method.Invoke((TService)service, Loop.Through(method.ArgumentsFormatter, args), cancellationToken);

    public override async IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (TItem item in method.Invoke((TService)service, Loop.Through(method.ArgumentsFormatter, args), cancellationToken))
        {
            yield return Loop.Through(method.ItemFormatter, item);
        }
    }

    public override async ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        Loop.Through(method.ResultFormatter, await method.Invoke(
            (TService)service, Loop.Through(method.ArgumentsFormatter, args), items.Select(i => Loop.Through(method.ItemFormatter, i)),
            cancellationToken));

    public override async IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (TResultItem item in method.Invoke(
            (TService)service, Loop.Through(method.ArgumentsFormatter, args), items.Select(i => Loop.Through(method.ItemFormatter, i)),
            cancellationToken))
        {
            yield return Loop.Through(method.ResultItemFormatter, item);
        }
    }
}
