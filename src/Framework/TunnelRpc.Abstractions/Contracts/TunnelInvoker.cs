using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>
/// What a generated stub calls through: carries calls to the other side of a tunnel. Thread-safe. Every member throws
/// <see cref="TunnelException"/> with the peer's status when the call fails, and <see cref="OperationCanceledException"/>
/// when its token is cancelled, which also cancels the call at the peer.
/// </summary>
public abstract class TunnelInvoker
{
    /// <summary>The same target, called with these options; those that are null stay as they are.</summary>
    public abstract TunnelInvoker With(TunnelCallOptions options);

    /// <summary>The sessions that are called, where it is several; null where it is one.</summary>
    internal virtual IReadOnlyList<BroadcastTarget>? BroadcastTargets => null;

    /// <summary>Has the peer keep what this is a reference to, beyond the call that it came with.</summary>
    internal virtual void RetainReference() => throw NotAReference();

    /// <summary>Tells the peer that what this is a reference to is not called any more.</summary>
    internal virtual void ReleaseReference() => throw NotAReference();

    private static InvalidOperationException NotAReference() => new(
        "This stub is no reference that has come as an argument or a result: it lives as long as its tunnel, and there is nothing to keep or release.");

    /// <summary>Makes a call with a result. The returned task is awaited once.</summary>
    public abstract ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a call without a result and waits until the peer has completed it. The returned task is awaited once.</summary>
    public abstract ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a one-way call; completes once the call is handed to the session.</summary>
    public abstract ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a call that streams back. The call starts with the enumeration and is cancelled when the enumerator is disposed early.</summary>
    public abstract IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a call that streams <paramref name="items"/> up and returns one result. The reply may come before the stream has ended; then the rest is not sent.</summary>
    public abstract ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a call that streams both ways. The call starts with the enumeration and is cancelled when the enumerator is disposed early.</summary>
    public abstract IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
        where TService : class;
}
