using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>
/// Makes the calls of a generated stub. For generated code, and for tests that replace the transport of a stub.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Thread-safe. Holds nothing to dispose.</item>
/// <item>A call that fails throws <see cref="TunnelException"/> with the peer's status.</item>
/// <item>A call whose token is cancelled throws <see cref="OperationCanceledException"/>, and the call is also cancelled at the
/// peer.</item>
/// <item>A returned <see cref="ValueTask"/> is awaited at most once.</item>
/// </list>
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class TunnelInvoker
{
    /// <summary>
    /// Returns an invoker of the same target whose calls use these options. Options that are null keep their current value.
    /// </summary>
    public abstract TunnelInvoker With(TunnelCallOptions options);

    /// <summary>
    /// Begins a call to the sessions of a broadcast, which the caller makes and disposes; null if the invoker has a single target.
    /// </summary>
    internal virtual BroadcastRun? BeginBroadcast(CancellationToken cancellationToken) => null;

    /// <summary>Keeps the imported reference valid after the call that it was received with.</summary>
    /// <exception cref="InvalidOperationException">The invoker does not stand for an imported reference.</exception>
    internal virtual void RetainReference() => throw NotAReference();

    /// <summary>Notifies the peer that the imported reference is no longer used.</summary>
    /// <exception cref="InvalidOperationException">The invoker does not stand for an imported reference.</exception>
    internal virtual void ReleaseReference() => throw NotAReference();

    private static InvalidOperationException NotAReference() => new(
        "Expected a stub that was received as an argument or a result, got another stub. "
        + "Only received references can be retained or released.");

    /// <summary>Makes a unary call that returns a result.</summary>
    public abstract ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a unary call without a result. Completes when the peer has completed the call.</summary>
    public abstract ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a one-way call. Completes when the call is handed to the session.</summary>
    public abstract ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a server-streaming call. Enumerating the stream starts the call; disposing the enumerator early cancels it.</summary>
    public abstract IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken)
        where TService : class;

    /// <summary>
    /// Makes a client-streaming call. If the reply arrives before the stream has ended, the remaining <paramref name="items"/> are not
    /// sent.
    /// </summary>
    public abstract ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
        where TService : class;

    /// <summary>Makes a duplex call. Enumerating the returned stream starts the call; disposing the enumerator early cancels it.</summary>
    public abstract IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
        where TService : class;
}
