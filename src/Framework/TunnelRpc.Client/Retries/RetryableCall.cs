using TunnelRpc.Calls;

namespace TunnelRpc.Client.Retries;

/// <summary>The usual call of a client: one without options, on the session that there is. It keeps what is needed to make it again, should the session be lost.</summary>
internal sealed class RetryableCall<TService, TArgs, TResult> : UnaryCall<TResult>
    where TService : class
{
    private ClientInvoker _invoker = null!;
    private TunnelClient _client = null!;
    private TunnelPeer _peer = null!;
    private UnaryMethod<TService, TArgs, TResult> _method = null!;
    private TArgs _args = default!;
    private CancellationToken _cancellationToken;

    /// <summary>Makes the call, which its token does not cancel yet; null when it cannot be made at once, and nothing was sent.</summary>
    /// <exception cref="TunnelException">Nothing was sent.</exception>
    public static RetryableCall<TService, TArgs, TResult>? Start(
        ClientInvoker invoker, TunnelClient client, TunnelPeer peer, UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
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
        var tries = new RetryState(_client, null, _method);
        if (!tries.TryBeginRetry(failure, _peer))
        {
            return false;
        }

        // Whoever made the call awaits its slot, which this completes.
        _ = RetryAsync(tries);
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
