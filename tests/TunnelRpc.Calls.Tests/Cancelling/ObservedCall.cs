namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>What happened to the call of one name.</summary>
internal sealed class ObservedCall
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    /// <summary>Completes when it has come as far as it comes by itself.</summary>
    public Task Started => _started.Task;

    /// <summary>Completes when its token was cancelled and it has ended.</summary>
    public Task Cancelled => _cancelled.Task;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Lets it end in order.</summary>
    public void Release() => _released.TrySetResult();

    public void Enter() => Interlocked.Increment(ref _calls);

    public void Start() => _started.TrySetResult();

    /// <summary>It has ended; as it should, if its token is cancelled by now or about to be.</summary>
    public void Leave(CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(static visit => ((ObservedCall)visit!)._cancelled.TrySetResult(), this);

    public async Task<int> HoldAsync(CancellationToken cancellationToken)
    {
        Enter();
        await HoldHereAsync(cancellationToken);
        return 0;
    }

    public async Task HoldHereAsync(CancellationToken cancellationToken)
    {
        Start();
        try
        {
            await _released.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(cancellationToken);
        }
    }
}
