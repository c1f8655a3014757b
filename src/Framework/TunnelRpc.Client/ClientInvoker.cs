using System.Runtime.CompilerServices;
using TunnelRpc.Calls;
using TunnelRpc.Client.Repeating;
using TunnelRpc.Serialization;

namespace TunnelRpc.Client;

/// <summary>
/// Carries calls over the client's session, which it makes when there is none. A call whose session was lost or goes is made again on the
/// next one, where that cannot run it twice.
/// </summary>
/// <remarks>The builders are pooled, so that a call that succeeds allocates nothing here.</remarks>
/// <param name="client">The client.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
internal sealed class ClientInvoker(TunnelClient client, TunnelCallOptions? options) : TunnelInvoker
{
    public override TunnelInvoker With(TunnelCallOptions more) => new ClientInvoker(client, options?.Merge(more) ?? more);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) =>
        Start(method, args, cancellationToken) is { } call
            ? new ValueTask<TResult>(call, call.Version)
            : InvokeAsync(method, args, new CallTries(client, options, method), cancellationToken);

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        Start(method, args, cancellationToken) is { } call
            ? new ValueTask(call, call.Version)
            : InvokeVoidAsync(method, args, new CallTries(client, options, method), cancellationToken);

    /// <summary>Makes a call that waits for something, has options, or was lost once.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CallTries tries, CancellationToken cancellationToken)
        where TService : class
    {
        try
        {
            while (true)
            {
                TunnelPeer peer = client.Usable ?? await tries.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    return await tries.Through(peer).InvokeAsync(method, args, cancellationToken).ConfigureAwait(false);
                }
                catch (TunnelException lost) when (tries.MayRepeat(lost, peer))
                {
                    // On the next session.
                }
            }
        }
        finally
        {
            tries.End();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CallTries tries, CancellationToken cancellationToken)
        where TService : class => await InvokeAsync(method, args, tries, cancellationToken).ConfigureAwait(false);

    /// <summary>The usual call, without a state machine of its own; null when it is none, or fails at once: it is made the other way then, which tells.</summary>
    private RepeatableCall<TService, TArgs, TResult>? Start<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
        where TService : class
    {
        if (options is not null || method.IsOrdered || method.Deadline is not null || client.Usable is not { } peer)
        {
            return null;
        }

        RepeatableCall<TService, TArgs, TResult>? call;
        try
        {
            call = RepeatableCall<TService, TArgs, TResult>.Start(this, client, peer, method, args, cancellationToken);
        }
        catch (Exception)
        {
            // Nothing was sent; the other way meets it again.
            return null;
        }

        call?.Watch(cancellationToken);
        return call;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        var tries = new CallTries(client, options, method);
        try
        {
            while (true)
            {
                TunnelPeer peer = client.Usable ?? await tries.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await tries.Through(peer).SendAsync(method, args, cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (TunnelException lost) when (tries.MayRepeat(lost, peer))
                {
                    // On the next session.
                }
            }
        }
        finally
        {
            tries.End();
        }
    }

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RepeatedStream<Unit, TItem>(
            client, options, method, null, (invoker, _) => invoker.StreamAsync(method, args, cancellationToken), cancellationToken);

    public override async ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        var input = new WatchedInput<TItem>(items);
        var tries = new CallTries(client, options, method);
        try
        {
            while (true)
            {
                TunnelPeer peer = client.Usable ?? await tries.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    return await tries.Through(peer).UploadAsync(method, args, input, cancellationToken).ConfigureAwait(false);
                }
                catch (TunnelException lost) when (!input.IsBegun && tries.MayRepeat(lost, peer))
                {
                    // On the next session.
                }
            }
        }
        finally
        {
            tries.End();
        }
    }

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RepeatedStream<TItem, TResultItem>(
            client, options, method, items, (invoker, input) => invoker.ExchangeAsync(method, args, input!, cancellationToken), cancellationToken);
    }
}
