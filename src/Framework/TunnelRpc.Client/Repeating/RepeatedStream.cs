namespace TunnelRpc.Client.Repeating;

/// <summary>What a stub returns for a method that streams back: each enumeration is a call of its own, on the session that is up then.</summary>
/// <param name="client">The client.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
/// <param name="method">The method.</param>
/// <param name="items">What goes up; null when nothing does.</param>
/// <param name="call">Makes the call.</param>
/// <param name="callersToken">Cancels every enumeration.</param>
internal sealed class RepeatedStream<TItem, TResultItem>(
    TunnelClient client,
    TunnelCallOptions? options,
    TunnelMethod method,
    IAsyncEnumerable<TItem>? items,
    Func<TunnelInvoker, IAsyncEnumerable<TItem>?, IAsyncEnumerable<TResultItem>> call,
    CancellationToken callersToken)
    : IAsyncEnumerable<TResultItem>
{
    public IAsyncEnumerator<TResultItem> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new RepeatedEnumerator<TItem, TResultItem>(
            client, new CallTries(client, options, method), items is null ? null : new WatchedInput<TItem>(items), call, callersToken, cancellationToken);
}
