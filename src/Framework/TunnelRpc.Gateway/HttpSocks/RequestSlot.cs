using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Gateway.HttpSocks;

/// <summary>
/// Admits one request of a kind at a time. A later request ends an earlier one: the client repeats a request when its response was lost,
/// and the earlier one may still wait. Thread-safe.
/// </summary>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The semaphore has no wait handle, and the sources have neither a timer nor a link to another token.")]
internal sealed class RequestSlot
{
    // Not disposed: it has no wait handle.
    private readonly SemaphoreSlim _free = new(1, 1);

    // Guards _newest: the source of the last request that has entered or waits to enter; null when there is none. The sources are not
    // disposed, because a later request may cancel them; they have neither a timer nor a link to another token.
    private readonly Lock _gate = new();
    private CancellationTokenSource? _newest;

    /// <summary>Ends the earlier request and waits until it has left.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The permit, which the caller disposes; null if a still later request has ended this one.</returns>
    public async ValueTask<Permit?> EnterAsync(CancellationToken cancellationToken)
    {
        var superseded = new CancellationTokenSource();
        CancellationTokenSource? earlier;
        lock (_gate)
        {
            earlier = _newest;
            _newest = superseded;
        }

        if (earlier is not null)
        {
            await earlier.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(superseded.Token, cancellationToken);
            await _free.WaitAsync(ended.Token).ConfigureAwait(false);
            return new Permit(this, superseded);
        }
        catch (OperationCanceledException)
        {
            Leave(superseded);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>Enters if there is no earlier request.</summary>
    /// <returns>The permit, which the caller disposes; null if there is an earlier request.</returns>
    public Permit? TryEnter()
    {
        if (!_free.Wait(0, CancellationToken.None))
        {
            return null;
        }

        var superseded = new CancellationTokenSource();
        lock (_gate)
        {
            _newest = superseded;
        }

        return new Permit(this, superseded);
    }

    private void Leave(CancellationTokenSource superseded)
    {
        lock (_gate)
        {
            if (_newest == superseded)
            {
                _newest = null;
            }
        }
    }

    /// <summary>The right to be the request of the slot. Disposed once.</summary>
    internal sealed class Permit(RequestSlot slot, CancellationTokenSource superseded) : IDisposable
    {
        /// <summary>Cancelled when a later request waits.</summary>
        public CancellationToken Superseded => superseded.Token;

        public void Dispose()
        {
            slot.Leave(superseded);
            slot._free.Release();
        }
    }
}
