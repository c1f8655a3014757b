namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>The progress of the calls with one name.</summary>
internal sealed class ObservedCall
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    /// <summary>Completes when the call has reached the point where it waits for cancellation or release.</summary>
    public Task Started => _started.Task;

    /// <summary>Completes when the call has ended and its token is cancelled.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>The number of calls that ran.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Completes the call without cancellation.</summary>
    public void Release() => _released.TrySetResult();

    public void Enter() => Interlocked.Increment(ref _calls);

    public void Start() => _started.TrySetResult();

    /// <summary>Records that the call has ended. <see cref="Cancelled"/> completes when the token is, or becomes, cancelled.</summary>
    public void Exit(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static call => ((ObservedCall)call!)._cancelled.TrySetResult(), this);

    public async Task<int> BlockAsync(CancellationToken cancellationToken)
    {
        Enter();
        await WaitForReleaseAsync(cancellationToken);
        return 0;
    }

    public async Task WaitForReleaseAsync(CancellationToken cancellationToken)
    {
        Start();
        try
        {
            await _released.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Exit(cancellationToken);
        }
    }
}
