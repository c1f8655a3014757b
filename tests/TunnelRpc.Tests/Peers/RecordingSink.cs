using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Peers;

/// <summary>Replaces the multiplexer in tests of the session layer: records data and end.</summary>
internal sealed class RecordingSink : ISessionHandler
{
    private readonly Lock _gate = new();
    private readonly List<byte> _data = [];
    private readonly TaskCompletionSource<TunnelException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ulong StopAcceptingCalls() => 7;

    /// <summary>The error that ended the session.</summary>
    public Task<TunnelException> Ended => _ended.Task;

    /// <summary>The number of calls of <see cref="OnEnded"/>.</summary>
    public int Ends { get; private set; }

    public byte[] Data
    {
        get
        {
            lock (_gate)
            {
                return [.. _data];
            }
        }
    }

    /// <summary>Completes with all bytes received, as soon as they are at least <paramref name="count"/>.</summary>
    public async Task<byte[]> ReceivedAsync(int count)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_data.Count >= count)
                {
                    return [.. _data];
                }

                changed = _changed.Task;
            }

            await changed;
        }
    }

    public void OnData(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            _data.AddRange(data);
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void OnCapacityAvailable()
    {
    }

    public void OnEnded(SessionEnd end)
    {
        Ends++;
        _ended.TrySetResult(end.Error);
    }
}
