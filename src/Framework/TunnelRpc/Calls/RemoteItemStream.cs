namespace TunnelRpc.Calls;

/// <summary>The stream that a stub returns for a method that streams back. Each enumeration makes one call. Thread-safe.</summary>
internal sealed class RemoteItemStream<TArgs, TItem, TResultItem>(StreamingCallInfo<TArgs, TItem, TResultItem> info)
    : IAsyncEnumerable<TResultItem>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<TResultItem> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new StreamingCall<TArgs, TItem, TResultItem>(info, cancellationToken);
}
