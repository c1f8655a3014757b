namespace TunnelRpc.Calls;

// Decision: docs/adr/0055-abandoned-streams.md
/// <summary>
/// One enumeration of a stream of the peer, as the application holds it. The stream table holds only the call, so an enumeration that the
/// application no longer uses can be collected: its finalizer then ends the call. For one consumer at a time.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="reference">
/// The object that is called, if the peer passed it by reference; null for a service. The enumeration holds it.
/// </param>
internal sealed class RemoteEnumerator<TItem>(IAbandonableCall<TItem> call, ImportedReference? reference) : IAsyncEnumerator<TItem>
{
    ~RemoteEnumerator() => ThreadPool.UnsafeQueueUserWorkItem(static call => call.Abandon(), call, preferLocal: false);

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
}

/// <summary>A call that streams back, and that ends when its consumer is collected.</summary>
internal interface IAbandonableCall<out TItem> : IAsyncEnumerator<TItem>
{
    /// <summary>The consumer no longer exists and has not disposed the call: ends it. Does not block or throw.</summary>
    void Abandon();
}
