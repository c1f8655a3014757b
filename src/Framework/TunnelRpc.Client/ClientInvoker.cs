using System.Runtime.CompilerServices;
using TunnelRpc.Calls;
using TunnelRpc.Client.Retries;
using TunnelRpc.Serialization;

namespace TunnelRpc.Client;

/// <summary>
/// Sends calls over the client's session, and connects when there is none. A call whose session ended or drains is retried on the next
/// session if it cannot run twice. Thread-safe.
/// </summary>
/// <remarks>The method builders are pooled, so that a call that succeeds allocates nothing here.</remarks>
/// <param name="client">The client.</param>
/// <param name="options">The options of each call; null for none.</param>
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

    /// <summary>Makes a call that must connect first, that has options, or that is retried.</summary>
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
                catch (TunnelException interrupted) when (retry.TryBeginRetry(interrupted, peer))
                {
                    // The next iteration makes the call on the next session.
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

    /// <summary>
    /// Starts the usual call, which needs no state machine: it has no options, no timeout and no order, and there is a session. Returns
    /// null for other calls, and for a call that fails before it is sent; the caller then makes the call on the general path, which reports
    /// the failure.
    /// </summary>
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
            // Nothing was sent. The general path meets and reports the same failure.
            return null;
        }

        call?.RegisterCancellation(cancellationToken);
        return call;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        var retry = new RetryState(client, options, method);
        try
        {
            while (true)
            {
                TunnelPeer peer = client.UsablePeer ?? await retry.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await retry.GetInvoker(peer).InvokeOneWayAsync(method, args, cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (TunnelException interrupted) when (retry.TryBeginRetry(interrupted, peer))
                {
                    // The next iteration makes the call on the next session.
                }
            }
        }
        finally
        {
            retry.Complete();
        }
    }

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RetryableStream<Unit, TItem>(
            client,
            options,
            method,
            null,
            (invoker, _) => invoker.InvokeServerStreamingAsync(method, args, cancellationToken),
            cancellationToken);

    public override async ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        var input = new TrackedItems<TItem>(items);
        var retry = new RetryState(client, options, method);
        try
        {
            while (true)
            {
                TunnelPeer peer = client.UsablePeer ?? await retry.ConnectAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    return await retry.GetInvoker(peer)
                        .InvokeClientStreamingAsync(method, args, input, cancellationToken)
                        .ConfigureAwait(false);
                }
                catch (TunnelException interrupted) when (!input.HasStarted && retry.TryBeginRetry(interrupted, peer))
                {
                    // The next iteration makes the call on the next session.
                }
            }
        }
        finally
        {
            retry.Complete();
        }
    }

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RetryableStream<TItem, TResultItem>(
            client,
            options,
            method,
            items,
            (invoker, input) => invoker.InvokeDuplexStreamingAsync(method, args, input!, cancellationToken),
            cancellationToken);
    }
}
