using Microsoft.Extensions.Logging;

namespace TunnelRpc.Client.Connecting;

/// <summary>Keeps a client's state, and tells of its changes in order and one at a time. Thread-safe.</summary>
/// <param name="raise">Tells of one; may throw.</param>
/// <param name="logger">Where it is logged that it did.</param>
internal sealed class StateNotifier(Action<TunnelClientStateChangedEventArgs> raise, ILogger logger) : IThreadPoolWorkItem
{
    // All guarded by _gate. Whoever finds nobody telling begins to; each change is told once.
    private readonly Lock _gate = new();
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

    /// <summary>Changes the state; the last one is for good.</summary>
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
                // The application's; the next change must be told all the same.
                ClientLog.StateHandlerFailed(logger, error, change.State);
            }
        }
    }
}
