using TunnelRpc.Calls;

namespace TunnelRpc.Client.Retries;

/// <summary>One call that streams back. Up to its first element it may be made again; from then on it is the call's own enumeration.</summary>
internal sealed class RetryableEnumerator<TItem, TResultItem>(
    TunnelClient client,
    RetryState retry,
    TrackedItems<TItem>? input,
    Func<TunnelInvoker, IAsyncEnumerable<TItem>?, IAsyncEnumerable<TResultItem>> startCall,
    CancellationToken callerToken,
    CancellationToken enumerationToken)
    : IAsyncEnumerator<TResultItem>
{
    // Its only copy.
    private RetryState _retry = retry;

    // Null before the call is made.
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
            catch (TunnelException lost) when (input is not { HasStarted: true } && _retry.TryBeginRetry(lost, peer))
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
            throw new OperationCanceledException(cancelled.Message, cancelled, enumerationToken.IsCancellationRequested ? enumerationToken : callerToken);
        }
    }
}
