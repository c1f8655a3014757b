using Microsoft.Extensions.Logging;

namespace TunnelRpc.Client.Connecting;

/// <summary>Holds a client's state, and raises its changes in order and one at a time on the thread pool. Thread-safe.</summary>
/// <param name="raise">Raises one change; may throw.</param>
/// <param name="logger">The client's log, for exceptions of <paramref name="raise"/>.</param>
internal sealed class StateNotifier(Action<TunnelClientStateChangedEventArgs> raise, ILogger logger) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();

    // All guarded by _gate. _isNotifying is true while a work item raises the queued changes, so that each change is raised once and in
    // order.
    private readonly Queue<TunnelClientStateChangedEventArgs> _changes = new();
    private TunnelClientState _state;
    private bool _isNotifying;

    public TunnelClientState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Changes the state. <see cref="TunnelClientState.Closed"/> is final: later changes are ignored.</summary>
    public void Set(TunnelClientState state, string? reason = null)
    {
        lock (_gate)
        {
            if (_state == state || _state == TunnelClientState.Closed)
            {
                return;
            }

            _changes.Enqueue(new TunnelClientStateChangedEventArgs(_state, state, reason));
            _state = state;
            if (_isNotifying)
            {
                return;
            }

            _isNotifying = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            TunnelClientStateChangedEventArgs? change;
            lock (_gate)
            {
                if (!_changes.TryDequeue(out change))
                {
                    _isNotifying = false;
                    return;
                }
            }

            try
            {
                raise(change);
            }
            catch (Exception error)
            {
                // The handlers are the application's. The next change is raised in any case.
                ClientLog.StateHandlerFailed(logger, error, change.State);
            }
        }
    }
}
