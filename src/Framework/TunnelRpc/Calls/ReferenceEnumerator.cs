namespace TunnelRpc.Calls;

/// <summary>
/// One enumeration of a stream of an object that the peer passed by reference. It holds the reference, and the stream table holds only the
/// call, so an enumeration that the application no longer uses can be collected: its finalizer then ends the call. For one consumer at a
/// time.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="reference">The object that is called.</param>
internal sealed class ReferenceEnumerator<TItem>(IAsyncEnumerator<TItem> call, ImportedReference reference) : IAsyncEnumerator<TItem>
{
    // The task is not awaited: an abandoned call has no consumer that its failure could be reported to.
    ~ReferenceEnumerator() => ThreadPool.UnsafeQueueUserWorkItem(
        static call => _ = DisposeAsync(call), call, preferLocal: false);

    /// <inheritdoc/>
    public TItem Current => call.Current;

    /// <inheritdoc/>
    public ValueTask<bool> MoveNextAsync() => call.MoveNextAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        GC.KeepAlive(reference);
        return call.DisposeAsync();
    }

    private static async Task DisposeAsync(IAsyncEnumerator<TItem> call)
    {
        try
        {
            await call.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The upload of a duplex call may fail.
        }
    }
}
