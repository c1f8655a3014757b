namespace TunnelRpc.Calls;

/// <summary>The stream that a stub returns for a method that streams back. Each enumeration makes one call. Thread-safe.</summary>
/// <param name="info">The parameters of the call.</param>
/// <param name="reference">The object that is called, if the peer passed it by reference; an enumeration holds it.</param>
internal sealed class RemoteItemStream<TArgs, TItem, TResultItem>(
    StreamingCallInfo<TArgs, TItem, TResultItem> info, ImportedReference? reference)
    : IAsyncEnumerable<TResultItem>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<TResultItem> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var call = new StreamingCall<TArgs, TItem, TResultItem>(info, cancellationToken);
        return new RemoteEnumerator<TResultItem>(call, reference);
    }
}
