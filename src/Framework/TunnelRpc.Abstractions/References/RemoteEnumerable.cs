using System.Runtime.CompilerServices;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

// Decision: docs/adr/0041-release-of-references.md
/// <summary>
/// The imported reference of an <see cref="IAsyncEnumerable{T}"/>. The reference is released when the last open enumeration ends: at the
/// end of its items, at its failure, or when its enumerator is disposed; when this object is disposed; or when the application no longer
/// holds it. Further enumerations then fail. Several enumerations may be open at the same time; each makes one call. Thread-safe.
/// </summary>
internal sealed class RemoteEnumerable<T>(TunnelInvoker source, ServerStreamingMethod<IItemSource<T>, Unit, T> method)
    : IAsyncEnumerable<T>, IAsyncDisposable
{
    private readonly Lock _gate = new();

    // Guarded by _gate: the number of open enumerations, and why no further one starts.
    private int _openCount;
    private bool _isRead;
    private bool _isDisposed;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    /// <exception cref="InvalidOperationException">The stream was read before.</exception>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_isRead)
            {
                throw new InvalidOperationException(
                    "Expected the first enumeration of a received stream, got another one after the end of the first. A received stream is "
                        + "released when its enumeration ends. Collect its items in a list to use them more than once.");
            }

            _openCount++;
        }

        IAsyncEnumerable<T> items = source.InvokeServerStreamingAsync(method, default, CancellationToken.None);
        return new Enumerator(this, items.GetAsyncEnumerator(cancellationToken));
    }

    /// <summary>Releases the reference, which ends open enumerations with status Cancelled. Idempotent.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        source.ReleaseReference();
        return default;
    }

    private void OnEnumerationEnded()
    {
        lock (_gate)
        {
            if (--_openCount > 0)
            {
                return;
            }

            _isRead = true;
        }

        source.ReleaseReference();
    }

    /// <summary>One enumeration; it holds the stream, and with it the reference. For one consumer.</summary>
    private sealed class Enumerator(RemoteEnumerable<T> owner, IAsyncEnumerator<T> items) : IAsyncEnumerator<T>
    {
        // Set atomically: 1 when the enumeration has ended.
        private int _isEnded;

        public T Current => items.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            ValueTask<bool> next = items.MoveNextAsync();
            if (!next.IsCompletedSuccessfully)
            {
                return AwaitAsync(next);
            }

            bool hasItem = next.GetAwaiter().GetResult();
            if (!hasItem)
            {
                End();
            }

            return new ValueTask<bool>(hasItem);
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await items.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                End();
            }
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> AwaitAsync(ValueTask<bool> next)
        {
            bool hasItem = false;
            try
            {
                return hasItem = await next.ConfigureAwait(false);
            }
            finally
            {
                if (!hasItem)
                {
                    End();
                }
            }
        }

        private void End()
        {
            if (Interlocked.Exchange(ref _isEnded, 1) == 0)
            {
                owner.OnEnumerationEnded();
            }
        }
    }
}
