using System.Runtime.CompilerServices;
using TunnelRpc.Calls;
using TunnelRpc.Client.Retries;
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
        StartFastPath(method, args, cancellationToken) is { } call
            ? new ValueTask<TResult>(call, call.Version)
            : InvokeAsync(method, args, new RetryState(client, options, method), cancellationToken);

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        StartFastPath(method, args, cancellationToken) is { } call
            ? new ValueTask(call, call.Version)
            : InvokeVoidAsync(method, args, new RetryState(client, options, method), cancellationToken);

    /// <summary>Makes a call that waits for something, has options, or was lost once.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, RetryState retry, CancellationToken cancellationToken)
        where TService : class
    {
        try
        {
            while (true)
            {
                TunnelPeer peer = client.UsablePeer ?? await retry.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    return await retry.GetInvoker(peer).InvokeAsync(method, args, cancellationToken).ConfigureAwait(false);
                }
                catch (TunnelException lost) when (retry.TryBeginRetry(lost, peer))
                {
                    // On the next session.
                }
            }
        }
        finally
        {
            retry.Complete();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, RetryState retry, CancellationToken cancellationToken)
        where TService : class => await InvokeAsync(method, args, retry, cancellationToken).ConfigureAwait(false);

    /// <summary>The usual call, without a state machine of its own; null when it is none, or fails at once: it is made the other way then, which tells.</summary>
    private RetryableCall<TService, TArgs, TResult>? StartFastPath<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
        where TService : class
    {
        if (options is not null || method.IsOrdered || method.Timeout is not null || client.UsablePeer is not { } peer)
        {
            return null;
        }

        RetryableCall<TService, TArgs, TResult>? call;
        try
        {
            call = RetryableCall<TService, TArgs, TResult>.Start(this, client, peer, method, args, cancellationToken);
        }
        catch (Exception)
        {
            // Nothing was sent; the other way meets it again.
            return null;
        }

        call?.RegisterCancellation(cancellationToken);
        return call;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        var tries = new RetryState(client, options, method);
        try
        {
            while (true)
            {
                TunnelPeer peer = client.UsablePeer ?? await tries.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await tries.GetInvoker(peer).InvokeOneWayAsync(method, args, cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (TunnelException lost) when (tries.TryBeginRetry(lost, peer))
                {
                    // On the next session.
                }
            }
        }
        finally
        {
            tries.Complete();
        }
    }

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RetryableStream<Unit, TItem>(
            client, options, method, null, (invoker, _) => invoker.InvokeServerStreamingAsync(method, args, cancellationToken), cancellationToken);

    public override async ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        var input = new TrackedItems<TItem>(items);
        var tries = new RetryState(client, options, method);
        try
        {
            while (true)
            {
                TunnelPeer peer = client.UsablePeer ?? await tries.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    return await tries.GetInvoker(peer).InvokeClientStreamingAsync(method, args, input, cancellationToken).ConfigureAwait(false);
                }
                catch (TunnelException lost) when (!input.HasStarted && tries.TryBeginRetry(lost, peer))
                {
                    // On the next session.
                }
            }
        }
        finally
        {
            tries.Complete();
        }
    }

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RetryableStream<TItem, TResultItem>(
            client, options, method, items, (invoker, input) => invoker.InvokeDuplexStreamingAsync(method, args, input!, cancellationToken), cancellationToken);
    }
}
