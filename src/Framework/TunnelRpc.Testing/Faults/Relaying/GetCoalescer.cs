namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>The GETs in progress by URL, so that further GETs of the same URL wait for them. Thread-safe.</summary>
internal sealed class GetCoalescer
{
    private readonly Lock _gate = new();

    // Both guarded by _gate.
    private readonly Dictionary<string, TaskCompletionSource<byte[]?>> _inFlight = [];
    private int _joinedCount;

    /// <summary>The GETs that have joined another one since the start.</summary>
    public int JoinedCount
    {
        get
        {
            lock (_gate)
            {
                return _joinedCount;
            }
        }
    }

    /// <summary>Joins the GET of a URL that is in progress, or starts one.</summary>
    /// <returns>
    /// Null if none is in progress: the caller then executes the GET and calls <see cref="Complete"/>. Otherwise a task with the response
    /// of the GET in progress, or with null if the response cannot be shared.
    /// </returns>
    public Task<byte[]?>? Join(string url)
    {
        lock (_gate)
        {
            if (_inFlight.TryGetValue(url, out TaskCompletionSource<byte[]?>? first))
            {
                _joinedCount++;
                return first.Task;
            }

            _inFlight[url] = new TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
            return null;
        }
    }

    /// <summary>Ends the GET of a URL and passes the response, or null, to the requests that wait.</summary>
    public void Complete(string url, byte[]? response)
    {
        TaskCompletionSource<byte[]?>? waiting;
        lock (_gate)
        {
            _inFlight.Remove(url, out waiting);
        }

        waiting?.TrySetResult(response);
    }
}
