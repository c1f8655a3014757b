using System.Runtime.CompilerServices;
using TunnelRpc.Calls;

namespace TunnelRpc.Client;

/// <summary>Carries calls over the client's session, which it makes when there is none.</summary>
/// <param name="client">The client.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
internal sealed class ClientInvoker(TunnelClient client, TunnelCallOptions? options) : TunnelInvoker
{
    public override TunnelInvoker With(TunnelCallOptions more) => new ClientInvoker(client, options?.Merge(more) ?? more);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer ? Through(peer).InvokeAsync(method, args, cancellationToken) : ConnectThenInvokeAsync();

        async ValueTask<TResult> ConnectThenInvokeAsync()
        {
            TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
            return await Through(connected).InvokeAsync(method, args, cancellationToken).ConfigureAwait(false);
        }
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer ? Through(peer).InvokeVoidAsync(method, args, cancellationToken) : ConnectThenInvokeAsync();

        async ValueTask ConnectThenInvokeAsync()
        {
            TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
            await Through(connected).InvokeVoidAsync(method, args, cancellationToken).ConfigureAwait(false);
        }
    }

    public override ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer ? Through(peer).SendAsync(method, args, cancellationToken) : ConnectThenSendAsync();

        async ValueTask ConnectThenSendAsync()
        {
            TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
            await Through(connected).SendAsync(method, args, cancellationToken).ConfigureAwait(false);
        }
    }

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken)
    {
        return client.Current is { } peer
            ? Through(peer).StreamAsync(method, args, cancellationToken)
            : ConnectThenStreamAsync(i => i.StreamAsync(method, args, cancellationToken), cancellationToken);
    }

    public override async ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
        return await Through(connected).UploadAsync(method, args, items, cancellationToken).ConfigureAwait(false);
    }

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        return client.Current is { } peer
            ? Through(peer).ExchangeAsync(method, args, items, cancellationToken)
            : ConnectThenStreamAsync(i => i.ExchangeAsync(method, args, items, cancellationToken), cancellationToken);
    }

    private async IAsyncEnumerable<T> ConnectThenStreamAsync<T>(
        Func<TunnelInvoker, IAsyncEnumerable<T>> call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TunnelPeer connected = await client.GetPeerAsync(cancellationToken).ConfigureAwait(false);
        await foreach (T item in call(Through(connected)).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return item;
        }
    }

    private TunnelInvoker Through(TunnelPeer peer) => options is null ? peer.Direct : peer.Direct.With(options);
}
