namespace TunnelRpc.Calls;

/// <summary>What a stub returns for a method that streams back: each enumeration is a call of its own.</summary>
internal sealed class RemoteItemStream<TArgs, TItem, TResultItem>(StreamingCallInfo<TArgs, TItem, TResultItem> info) : IAsyncEnumerable<TResultItem>
{
    public IAsyncEnumerator<TResultItem> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new StreamingCall<TArgs, TItem, TResultItem>(info, cancellationToken);
}
