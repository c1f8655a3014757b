using TunnelRpc.Calls;

namespace TunnelRpc.Client.Retries;

/// <summary>
/// The enumeration of one server-streaming or duplex call. The call may be retried until its first item has arrived; after that, this
/// enumerator passes on the items of the call. Not thread-safe.
/// </summary>
internal sealed class RetryableEnumerator<TItem, TResultItem>(
    TunnelClient client,
    RetryState retry,
    TrackedItems<TItem>? input,
    Func<TunnelInvoker, IAsyncEnumerable<TItem>?, IAsyncEnumerable<TResultItem>> startCall,
    CancellationToken callerToken,
    CancellationToken enumerationToken)
    : IAsyncEnumerator<TResultItem>
{
    // The only copy in use: the constructor's parameter is not read again.
    private RetryState _retry = retry;

    // Null before the call is sent.
    private IAsyncEnumerator<TResultItem>? _inner;

    public TResultItem Current => _inner!.Current;

    public ValueTask<bool> MoveNextAsync() => _inner is null ? StartAsync() : _inner.MoveNextAsync();

    public async ValueTask DisposeAsync()
    {
        _retry.Complete();
        if (_inner is not null)
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> StartAsync()
    {
        while (true)
        {
            TunnelPeer peer = client.UsablePeer ?? await ConnectAsync().ConfigureAwait(false);
            _inner = startCall(_retry.GetInvoker(peer), input).GetAsyncEnumerator(enumerationToken);
            try
            {
                return await _inner.MoveNextAsync().ConfigureAwait(false);
            }
            catch (TunnelException interrupted) when (input is not { HasStarted: true } && _retry.TryBeginRetry(interrupted, peer))
            {
                await _inner.DisposeAsync().ConfigureAwait(false);
                _inner = null;
            }
        }
    }

    private async ValueTask<TunnelPeer> ConnectAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(callerToken, enumerationToken);
        try
        {
            return await _retry.ConnectAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (either.IsCancellationRequested)
        {
            CancellationToken token = enumerationToken.IsCancellationRequested ? enumerationToken : callerToken;
            throw new OperationCanceledException(cancelled.Message, cancelled, token);
        }
    }
}
