using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>An object of this side that the peer may call.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no links: there is nothing to release.")]
internal sealed class ExportedReference(object target, FrozenDictionary<uint, MethodHandler> methods, CallReferences owner)
{
    private readonly CancellationTokenSource _released = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Changed atomically: calls that run on it, and one until it is released.
    private int _activeCount = 1;

    public object Target => target;

    /// <summary>Where calls on it wait for their turn; null when they run at once.</summary>
    public OrderedQueue? OrderedQueue { get; init; }

    /// <summary>The call that it travelled with.</summary>
    public CallReferences Owner => owner;

    /// <summary>Whether it lives until the peer releases it. Guarded by the table's gate.</summary>
    public bool OutlivesCall { get; set; }

    /// <summary>Cancelled when the peer may not call it any more.</summary>
    public CancellationToken Released => _released.Token;

    /// <summary>Completes when it is released and no call runs on it any more.</summary>
    public Task Idle => _idle.Task;

    /// <summary>A call begins to run on it.</summary>
    public void OnCallStarted() => Interlocked.Increment(ref _activeCount);

    /// <summary>A call on it has ended.</summary>
    public void OnCallEnded()
    {
        if (Interlocked.Decrement(ref _activeCount) == 0)
        {
            _idle.TrySetResult();
        }
    }

    public MethodHandler? FindHandler(uint methodId) => methods.GetValueOrDefault(methodId);

    /// <summary>Ends the calls that run on it and, where it was given away with an answer, the object itself.</summary>
    public async Task ReleaseAsync()
    {
        await _released.CancelAsync().ConfigureAwait(false);
        OnCallEnded();
        if (owner.TransfersOwnership)
        {
            if (target is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (target as IDisposable)?.Dispose();
            }
        }
    }
}
