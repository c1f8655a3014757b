namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>
/// Counts the requests that run, and refuses further ones when the server stops. A request ends when both its application and the sending
/// of its response have ended. Thread-safe.
/// </summary>
internal sealed class RunningRequests
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate: two for each request. _drained is completed when the server stops and the count is 0.
    private int _count;
    private bool _isStopping;

    /// <summary>Counts a request that starts. False when the server stops.</summary>
    public bool TryStart()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return false;
            }

            _count += 2;
            return true;
        }
    }

    /// <summary>The application of a counted request has ended, or the sending of its response. Called once for each.</summary>
    public void OnSideEnded()
    {
        lock (_gate)
        {
            if (--_count == 0 && _isStopping)
            {
                _drained.TrySetResult();
            }
        }
    }

    /// <summary>Refuses further requests.</summary>
    /// <returns>Completes when none runs.</returns>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
            if (_count == 0)
            {
                _drained.TrySetResult();
            }
        }

        return _drained.Task;
    }
}
