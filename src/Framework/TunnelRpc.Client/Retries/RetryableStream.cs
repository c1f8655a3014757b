namespace TunnelRpc.Client.Retries;

/// <summary>What a stub returns for a method that streams back: each enumeration is a call of its own, on the session that is up then.</summary>
/// <param name="client">The client.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
/// <param name="method">The method.</param>
/// <param name="items">What goes up; null when nothing does.</param>
/// <param name="startCall">Makes the call.</param>
/// <param name="callerToken">Cancels every enumeration.</param>
internal sealed class RetryableStream<TItem, TResultItem>(
    TunnelClient client,
    TunnelCallOptions? options,
    TunnelMethod method,
    IAsyncEnumerable<TItem>? items,
    Func<TunnelInvoker, IAsyncEnumerable<TItem>?, IAsyncEnumerable<TResultItem>> startCall,
    CancellationToken callerToken)
    : IAsyncEnumerable<TResultItem>
{
    public IAsyncEnumerator<TResultItem> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new RetryableEnumerator<TItem, TResultItem>(
            client, new RetryState(client, options, method), items is null ? null : new TrackedItems<TItem>(items), startCall, callerToken, cancellationToken);
}
