using TunnelRpc.Calls;

namespace TunnelRpc.Client.Retries;

/// <summary>
/// The usual call of a client: without options, on the current session. It keeps the arguments, so that the call can be retried when the
/// session ends. Pooled.
/// </summary>
internal sealed class RetryableCall<TService, TArgs, TResult> : UnaryCall<TResult>
    where TService : class
{
    private ClientInvoker _invoker = null!;
    private TunnelClient _client = null!;
    private TunnelPeer _peer = null!;
    private UnaryMethod<TService, TArgs, TResult> _method = null!;
    private TArgs _args = default!;
    private CancellationToken _cancellationToken;

    /// <summary>
    /// Starts the call. Returns null when the call cannot start at once; then nothing was sent. The caller registers the cancellation
    /// afterwards.
    /// </summary>
    /// <exception cref="TunnelException">The call failed before it was sent.</exception>
    public static RetryableCall<TService, TArgs, TResult>? Start(
        ClientInvoker invoker,
        TunnelClient client,
        TunnelPeer peer,
        UnaryMethod<TService, TArgs, TResult> method,
        TArgs args,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || !peer.UnfilteredInvoker.CanUseFastPath(method, out _))
        {
            return null;
        }

        RetryableCall<TService, TArgs, TResult> call = CallPool<RetryableCall<TService, TArgs, TResult>>.RentOrDefault() ?? new();
        call.Prepare(peer.Multiplexer, method, method.ResultFormatter);
        call._invoker = invoker;
        call._client = client;
        call._peer = peer;
        call._method = method;
        call._args = args;
        call._cancellationToken = cancellationToken;
        return peer.UnfilteredInvoker.TryStart(call, method, args) ? call : null;
    }

    protected override bool TryRetry(TunnelException failure)
    {
        var retry = new RetryState(_client, null, _method);
        if (!retry.TryBeginRetry(failure, _peer))
        {
            return false;
        }

        // The caller awaits this slot. RetryAsync completes the slot and does not throw.
        _ = RetryAsync(retry);
        return true;
    }

    protected override void ReturnToPool()
    {
        _invoker = null!;
        _client = null!;
        _peer = null!;
        _args = default!;
        _cancellationToken = default;
        CallPool<RetryableCall<TService, TArgs, TResult>>.Return(this);
    }

    private async Task RetryAsync(RetryState retry)
    {
        TResult result;
        try
        {
            result = await _invoker.InvokeAsync(_method, _args, retry, _cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Complete(error);
            return;
        }

        Complete(result);
    }
}
