using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>An object of this side that was passed to the peer, and that the peer may call until it is released. Thread-safe.</summary>
/// <param name="target">The object.</param>
/// <param name="methods">The methods that the peer may call, by id.</param>
/// <param name="owner">The references of the call that passed the object.</param>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The source has no timer and is not linked: it has nothing to release.")]
internal sealed class ExportedReference(object target, FrozenDictionary<uint, MethodHandler> methods, CallReferences owner)
{
    private readonly CancellationTokenSource _released = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Changed atomically: the number of calls that run on the object, plus one until it is released.
    private int _activeCount = 1;

    // Set by the reader, before it reads a release: whether a one-way call was ever made on the object.
    private bool _hasOneWayCalls;

    /// <summary>The object.</summary>
    public object Target => target;

    /// <summary>The queue of its calls under ordered dispatch; null when they run concurrently.</summary>
    public OrderedQueue? OrderedQueue { get; init; }

    /// <summary>The references of the call that passed the object.</summary>
    public CallReferences Owner => owner;

    /// <summary>
    /// Whether the peer has retained the object, so that it stays exported until the peer releases it. Guarded by the gate of the
    /// <see cref="ExportedReferenceTable"/>.
    /// </summary>
    public bool IsRetained { get; set; }

    /// <summary>Whether the object stays exported after the call that passed it.</summary>
    public bool OutlivesCall => owner.TransfersOwnership || IsRetained;

    /// <summary>Cancelled when the object is released. This cancels the calls that run on it, except one-way calls.</summary>
    public CancellationToken Released => _released.Token;

    /// <summary>Completes when the object is released and no call runs on it.</summary>
    public Task Idle => _idle.Task;

    /// <summary>A call on the object starts.</summary>
    public void OnCallStarted(bool isOneWay)
    {
        Interlocked.Increment(ref _activeCount);
        if (isOneWay)
        {
            Volatile.Write(ref _hasOneWayCalls, true);
        }
    }

    /// <summary>A call on the object has ended.</summary>
    public void OnCallEnded()
    {
        if (Interlocked.Decrement(ref _activeCount) == 0)
        {
            _idle.TrySetResult();
        }
    }

    /// <summary>The handler of a method; null when the object has no such method.</summary>
    public MethodHandler? FindHandler(uint methodId) => methods.GetValueOrDefault(methodId);

    /// <summary>
    /// Cancels the calls that run on the object. One-way calls run to their end: their caller does not wait for them, so it may have
    /// released the object, or dropped it, directly after it made them. Then disposes the object if its ownership was transferred to the
    /// peer.
    /// </summary>
    public async Task ReleaseAsync()
    {
        await _released.CancelAsync().ConfigureAwait(false);
        OnCallEnded();
        if (owner.TransfersOwnership)
        {
            if (Volatile.Read(ref _hasOneWayCalls))
            {
                await _idle.Task.ConfigureAwait(false);
            }

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
