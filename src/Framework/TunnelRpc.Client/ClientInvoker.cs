using System.Runtime.CompilerServices;
using TunnelRpc.Calls;

namespace TunnelRpc.Client;

/// <summary>Carries calls over the client's session, which it makes when there is none.</summary>
internal sealed class ClientInvoker(TunnelClient client) : TunnelInvoker
{
    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer ? peer.Invoker.InvokeAsync(method, args, cancellationToken) : ConnectThenInvokeAsync();

        async ValueTask<TResult> ConnectThenInvokeAsync()
        {
            TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
            return await connected.Invoker.InvokeAsync(method, args, cancellationToken).ConfigureAwait(false);
        }
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer ? peer.Invoker.InvokeVoidAsync(method, args, cancellationToken) : ConnectThenInvokeAsync();

        async ValueTask ConnectThenInvokeAsync()
        {
            TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
            await connected.Invoker.InvokeVoidAsync(method, args, cancellationToken).ConfigureAwait(false);
        }
    }

    public override ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer ? peer.Invoker.SendAsync(method, args, cancellationToken) : ConnectThenSendAsync();

        async ValueTask ConnectThenSendAsync()
        {
            TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
            await connected.Invoker.SendAsync(method, args, cancellationToken).ConfigureAwait(false);
        }
    }

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer
            ? peer.Invoker.StreamAsync(method, args, cancellationToken)
            : ConnectThenStreamAsync(i => i.StreamAsync(method, args, cancellationToken), cancellationToken);
    }

    public override async ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
        return await connected.Invoker.UploadAsync(method, args, items, cancellationToken).ConfigureAwait(false);
    }

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        return client.Current is { } peer
            ? peer.Invoker.ExchangeAsync(method, args, items, cancellationToken)
            : ConnectThenStreamAsync(i => i.ExchangeAsync(method, args, items, cancellationToken), cancellationToken);
    }

    private async IAsyncEnumerable<T> ConnectThenStreamAsync<T>(
        Func<TunnelInvoker, IAsyncEnumerable<T>> call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
        await foreach (T item in call(connected.Invoker).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return item;
        }
    }
}
