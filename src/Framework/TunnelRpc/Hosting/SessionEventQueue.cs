using TunnelRpc.Transports;

namespace TunnelRpc.Hosting;

/// <summary>The events of one session, of which its observers are notified in order. Thread-safe.</summary>
/// <param name="session">The session.</param>
/// <param name="observers">The observers.</param>
internal sealed class SessionEventQueue(TunnelSessionInfo session, SessionObservers observers)
{
    private const int MaxWaiting = 16;

    private readonly Lock _gate = new();

    // Guarded by _gate: the events that wait, in order. At most MaxWaiting: of those about paths, the oldest are left out.
    private readonly LinkedList<SessionEvent> _waiting = new();

    // Guarded by _gate: whether the session has started, and ended. A path before or after that is no event.
    private bool _isConnected;
    private bool _isGone;

    // Guarded by _gate: set while notifications are made.
    private TaskCompletionSource? _idle;

    /// <summary>Completes, without an exception, when the notifications that are due have been made.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
            {
                return _idle?.Task ?? Task.CompletedTask;
            }
        }
    }

    /// <summary>The session has started.</summary>
    public void OnConnected() => Add(new SessionEvent(null, false, null));

    /// <summary>The session continues on another path.</summary>
    /// <param name="connection">The connection of the path.</param>
    /// <param name="wasDisconnected">Whether the session had lost its path.</param>
    public void OnPathChanged(TransportConnectionInfo connection, bool wasDisconnected) =>
        Add(new SessionEvent(new TunnelSessionPath(connection.Transport, connection.RemoteEndPoint), wasDisconnected, null));

    /// <summary>The session has ended.</summary>
    public void OnGone(TunnelSessionEnd end) => Add(new SessionEvent(null, false, end));

    private void Add(SessionEvent added)
    {
        lock (_gate)
        {
            if (_isGone || (added.Path is not null && !_isConnected))
            {
                return;
            }

            _isConnected = true;
            _isGone = added.End is not null;

            // Connected and gone are one event each, so there is always one about a path to leave out.
            if (_waiting.Count >= MaxWaiting)
            {
                _waiting.Remove(_waiting.First(e => e.Path is not null));
            }

            _waiting.AddLast(added);
            if (_idle is not null)
            {
                return;
            }

            _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            observers.OnActive(this);
        }

        // Not on the thread of the event, which may be that of a handshake. Its execution context does not flow to the observers.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            SessionEvent next;
            TaskCompletionSource idle;
            lock (_gate)
            {
                if (_waiting.First is not { } first)
                {
                    (idle, _idle) = (_idle!, null);
                    observers.OnIdle(this);
                    idle.TrySetResult();
                    return;
                }

                next = first.Value;
                _waiting.RemoveFirst();
            }

            foreach (ITunnelSessionObserver observer in observers.All)
            {
                try
                {
                    await NotifyAsync(observer, next, observers.Stopped).ConfigureAwait(false);
                }
                catch (Exception error)
                {
                    HostingLog.ObserverFailed(observers.Logger, error, observer.GetType().Name, session.Id);
                }
            }
        }
    }

    private ValueTask NotifyAsync(ITunnelSessionObserver observer, SessionEvent next, CancellationToken token) => next switch
    {
        { End: { } end } => observer.OnGoneAsync(session, end, token),
        { Path: { } path, WasDisconnected: true } => observer.OnResumedAsync(session, path, token),
        { Path: { } path } => observer.OnMovedAsync(session, path, token),
        _ => observer.OnConnectedAsync(session, token),
    };

    /// <summary>One event; without a path and an end, the session has started.</summary>
    /// <param name="Path">The new path; null for another event.</param>
    /// <param name="WasDisconnected">Whether the session had lost its path before.</param>
    /// <param name="End">Why the session has ended; null for another event.</param>
    private sealed record SessionEvent(TunnelSessionPath? Path, bool WasDisconnected, TunnelSessionEnd? End);
}
