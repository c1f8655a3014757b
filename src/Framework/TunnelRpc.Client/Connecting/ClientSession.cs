using TunnelRpc.Calls;
using TunnelRpc.Client.Paths;

namespace TunnelRpc.Client.Connecting;

/// <summary>One session of a client, from its start to its end. Thread-safe.</summary>
/// <param name="peer">The peer that calls go to; started, and owned by this session.</param>
/// <param name="monitor">Keeps the session on a path; owned by this session.</param>
/// <param name="refresher">Refreshes the authentication of the session; owned by this session.</param>
/// <param name="compareContracts">Compares the client's contracts with those of the server; does not fail.</param>
/// <param name="address">The server.</param>
internal sealed class ClientSession(
    TunnelPeer peer, PathMonitor monitor, AuthenticationRefresher refresher, Func<TunnelPeer, Task> compareContracts, Uri address)
{
    private const string DisposedReason = "The client was disposed.";
    private const string DisposedAdvice = "Dispose a client only after its calls have ended, or make further calls on another client.";

    private readonly Lock _gate = new();

    // Guarded by _gate: the comparisons run one after another.
    private Task _comparing = Task.CompletedTask;

    public TunnelPeer Peer => peer;

    public Uri Address => address;

    /// <inheritdoc cref="AuthenticationRefresher.RefreshAsync"/>
    public Task RefreshAuthenticationAsync(CancellationToken cancellationToken) => refresher.RefreshAsync(cancellationToken);

    /// <summary>Whether the session accepts new calls.</summary>
    public bool IsUsable => !peer.IsDrainingOrEnding;

    /// <summary>Completes, without an exception, when new calls should use another session.</summary>
    public Task DrainingOrEnded => peer.DrainingOrEnded;

    /// <summary>Whether the session accepts only nested calls of the calls that still run on it.</summary>
    public bool IsDraining => peer.IsDraining && !peer.Session.IsEnding;

    /// <summary>Starts to keep the session on a path. Called once.</summary>
    public void StartMonitor() => monitor.Start();

    /// <summary>
    /// Compares the client's contracts with those of the server, in the background. Called again when the client uses another contract.
    /// </summary>
    public void CompareContracts()
    {
        lock (_gate)
        {
            _comparing = _comparing.IsCompleted ? compareContracts(peer) : CompareAfterAsync(_comparing);
        }

        async Task CompareAfterAsync(Task previous)
        {
            await previous.ConfigureAwait(false);
            await compareContracts(peer).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the session has ended and all its work has stopped. Called once.</summary>
    public async Task WaitForEndAsync()
    {
        await peer.SessionCompletion.ConfigureAwait(false);
        await monitor.DisposeAsync().ConfigureAwait(false);
        await refresher.DisposeAsync().ConfigureAwait(false);
        await peer.Completion.ConfigureAwait(false);
        Task comparing;
        lock (_gate)
        {
            comparing = _comparing;
        }

        await comparing.ConfigureAwait(false);
    }

    /// <summary>
    /// Closes the session in order, because the client is disposed. Stops the search for another path first. Waits for its callbacks, for
    /// up to <see cref="TunnelClientOptions.ShutdownTimeout"/>.
    /// </summary>
    public async Task CloseAsync()
    {
        await monitor.StopAsync().ConfigureAwait(false);
        await peer.CloseAsync(TunnelStatus.Ok, DisposedReason, DisposedAdvice).ConfigureAwait(false);
    }

    /// <summary>Ends the session at once, unless it has ended. Its pending calls fail.</summary>
    public void Abort() => peer.Session.End(new TunnelException(
        TunnelStatus.Unavailable, $"This side closed the tunnel: {DisposedReason} {DisposedAdvice}"));
}
