using TunnelRpc.Calls;

namespace TunnelRpc.Client.Repeating;

/// <summary>One call that streams back. Up to its first element it may be made again; from then on it is the call's own enumeration.</summary>
internal sealed class RepeatedEnumerator<TItem, TResultItem>(
    TunnelClient client,
    CallTries tries,
    WatchedInput<TItem>? input,
    Func<TunnelInvoker, IAsyncEnumerable<TItem>?, IAsyncEnumerable<TResultItem>> call,
    CancellationToken callersToken,
    CancellationToken enumeration)
    : IAsyncEnumerator<TResultItem>
{
    // Its only copy.
    private CallTries _tries = tries;

    // Null before the call is made.
    private IAsyncEnumerator<TResultItem>? _made;

    public TResultItem Current => _made!.Current;

    public ValueTask<bool> MoveNextAsync() => _made is null ? StartAsync() : _made.MoveNextAsync();

    public async ValueTask DisposeAsync()
    {
        _tries.End();
        if (_made is not null)
        {
            await _made.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> StartAsync()
    {
        while (true)
        {
            TunnelPeer peer = client.Usable ?? await ConnectAsync().ConfigureAwait(false);
            _made = call(_tries.Through(peer), input).GetAsyncEnumerator(enumeration);
            try
            {
                return await _made.MoveNextAsync().ConfigureAwait(false);
            }
            catch (TunnelException lost) when (input is not { IsBegun: true } && _tries.MayRepeat(lost, peer))
            {
                await _made.DisposeAsync().ConfigureAwait(false);
                _made = null;
            }
        }
    }

    private async ValueTask<TunnelPeer> ConnectAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(callersToken, enumeration);
        try
        {
            return await _tries.ConnectAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (either.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancelled.Message, cancelled, enumeration.IsCancellationRequested ? enumeration : callersToken);
        }
    }
}
