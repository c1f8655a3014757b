namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Which GETs are under way, so that others of the same URL wait for them. Thread-safe.</summary>
internal sealed class GetCoalescer
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<string, TaskCompletionSource<byte[]?>> _inFlight = [];

    /// <summary>Null: the caller is the first, and must <see cref="Complete"/>. Else the answer of the one that is under way; null: it cannot be shared.</summary>
    public Task<byte[]?>? Join(string url)
    {
        lock (_gate)
        {
            if (_inFlight.TryGetValue(url, out TaskCompletionSource<byte[]?>? first))
            {
                return first.Task;
            }

            _inFlight[url] = new TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
            return null;
        }
    }

    public void Complete(string url, byte[]? answer)
    {
        TaskCompletionSource<byte[]?>? waiting;
        lock (_gate)
        {
            _inFlight.Remove(url, out waiting);
        }

        waiting?.TrySetResult(answer);
    }
}
