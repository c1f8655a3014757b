using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Calls;

/// <summary>An object of this side that the peer may call.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no links: there is nothing to release.")]
internal sealed class ExportedReference(object target, FrozenDictionary<uint, MethodHandler> methods, CallReferences owner)
{
    private readonly CancellationTokenSource _released = new();

    public object Target => target;

    /// <summary>The call that it travelled with.</summary>
    public CallReferences Owner => owner;

    /// <summary>Whether it lives until the peer releases it. Guarded by the table's gate.</summary>
    public bool OutlivesCall { get; set; }

    /// <summary>Cancelled when the peer may not call it any more.</summary>
    public CancellationToken Released => _released.Token;

    public MethodHandler? Find(uint methodId) => methods.GetValueOrDefault(methodId);

    /// <summary>Ends the calls that run on it and, where it was given away with an answer, the object itself.</summary>
    public async Task ReleaseAsync()
    {
        await _released.CancelAsync().ConfigureAwait(false);
        if (owner.GivesAway)
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
