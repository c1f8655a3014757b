namespace TunnelRpc;

// Decision: docs/adr/0069-presence.md
/// <summary>
/// Is notified when clients come and go, for instance to keep a list of who is present. Register it with
/// <c>AddTunnelRpc().AddSessionObserver&lt;Presence&gt;()</c>, or as a singleton of this type.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The notifications of one session are made one after the other, in the order of the events: first connected, last gone, each
/// exactly once. Those of different sessions run concurrently, so an observer is thread-safe.</item>
/// <item>They run on the thread pool, and delay neither the session nor its calls: the first calls of a session may run before
/// <see cref="OnConnectedAsync"/> has completed.</item>
/// <item>Several observers are notified one after the other, in the order of their registration. An exception is logged and has no other
/// effect.</item>
/// <item>At most 16 notifications of one session wait. Beyond that the oldest of resumed and moved are left out.</item>
/// <item>A server that stops waits for notifications within its ShutdownTimeout, and then cancels the token.</item>
/// </list>
/// </remarks>
public interface ITunnelSessionObserver
{
    /// <summary>A client has connected: the session has started.</summary>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Cancelled when the server has stopped.</param>
    ValueTask OnConnectedAsync(TunnelSessionInfo session, CancellationToken cancellationToken) => default;

    /// <summary>A session that had lost its path continues on another one.</summary>
    /// <param name="session">The session.</param>
    /// <param name="path">The new path.</param>
    /// <param name="cancellationToken">Cancelled when the server has stopped.</param>
    ValueTask OnResumedAsync(TunnelSessionInfo session, TunnelSessionPath path, CancellationToken cancellationToken) => default;

    /// <summary>A session has left its path for another one, without a loss that the server had noticed.</summary>
    /// <param name="session">The session.</param>
    /// <param name="path">The new path.</param>
    /// <param name="cancellationToken">Cancelled when the server has stopped.</param>
    ValueTask OnMovedAsync(TunnelSessionInfo session, TunnelSessionPath path, CancellationToken cancellationToken) => default;

    /// <summary>A session has ended and left all lists and groups. Its calls may still run.</summary>
    /// <param name="session">The session.</param>
    /// <param name="end">Why it has ended.</param>
    /// <param name="cancellationToken">Cancelled when the server has stopped.</param>
    ValueTask OnGoneAsync(TunnelSessionInfo session, TunnelSessionEnd end, CancellationToken cancellationToken) => default;
}
