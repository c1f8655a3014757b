namespace TunnelRpc.Client;

/// <summary>
/// A tunnel to a server, as an application uses it. <see cref="TunnelClient"/> implements it.
/// <list type="bullet">
/// <item>Thread-safety: every member may be used by several threads at the same time.</item>
/// <item>Disposal: the code that creates the implementation, usually the container, disposes it. Afterwards <see cref="State"/> is
/// <see cref="TunnelClientState.Closed"/>, and connecting fails with <see cref="ObjectDisposedException"/>.</item>
/// </list>
/// </summary>
public interface ITunnelClient
{
    /// <summary>
    /// Raised after each change of <see cref="State"/>, in order and one at a time, on the thread pool. An exception of a handler is
    /// logged, and does not affect the client.
    /// </summary>
    event EventHandler<TunnelClientStateChangedEventArgs>? StateChanged;

    /// <summary>The current state.</summary>
    TunnelClientState State { get; }

    /// <summary>
    /// The attempts of the latest connect attempt, updated when the session migrates or resumes; null before the first connect attempt.
    /// </summary>
    PathReport? Report { get; }

    /// <summary>
    /// The name of the transport that carries the session; while the session resumes, the transport of its latest path. Null when there is
    /// no session.
    /// </summary>
    string? Transport { get; }

    /// <summary>The session's id, which the server knows as well; null when there is no session.</summary>
    string? SessionId { get; }

    /// <summary>Connects, unless there is a session. Does not wait for the delay before the next attempt.</summary>
    /// <param name="cancellationToken">
    /// Cancels the wait. The client stops connecting when no other caller waits and it does not stay connected.
    /// </param>
    /// <exception cref="TunnelConnectException">There is no path to the server; the report of the exception lists the attempts.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled. The inner exception is a <see cref="TunnelConnectException"/> with the report of
    /// the last attempt that has failed, or of the one that runs; null if none has started.
    /// </exception>
    Task ConnectAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns a stub whose calls go to the server. The stub is valid before the client connects and for all sessions, and may be kept.
    /// </summary>
    TService Get<TService>()
        where TService : class, ITunnelService<TService>;
}
