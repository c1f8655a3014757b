namespace TunnelRpc.Client.Retries;

/// <summary>
/// The stream that a stub returns for a server-streaming or duplex method. Each enumeration makes a call of its own on the current session.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="options">The options of each call; null for none.</param>
/// <param name="method">The method.</param>
/// <param name="items">The items to send; null for a server-streaming method.</param>
/// <param name="startCall">Starts the call.</param>
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
            client,
            new RetryState(client, options, method),
            items is null ? null : new TrackedItems<TItem>(items),
            startCall,
            callerToken,
            cancellationToken);
}
