using System.Runtime.CompilerServices;

namespace TunnelRpc.Tests.Calls;

/// <summary>A service whose calls wait until the test releases them or they are cancelled.</summary>
internal sealed class ProbeService : IProbe
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Started => _started.Task;

    public Task Ended => _ended.Task;

    /// <summary>The stream waits for it after its first item, even if the call is cancelled.</summary>
    public TaskCompletionSource FirstItemGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Unary calls wait for it until they are cancelled. The stream waits for it after its second item, even if it is cancelled.
    /// </summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int ItemSize { get; init; } = 1;

    /// <summary>Whether unary calls ignore their cancellation.</summary>
    public bool IgnoresCancellation { get; init; }

    /// <summary>Thrown after the wait; null for success.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Runs after the wait; null for nothing.</summary>
    public Func<Task>? Continuation { get; init; }

    private int _running;

    public int Running => Volatile.Read(ref _running);

    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        _started.TrySetResult();
        try
        {
            await Gate.Task.WaitAsync(IgnoresCancellation ? CancellationToken.None : cancellationToken);
            if (Continuation is not null)
            {
                await Continuation();
            }

            if (Failure is not null)
            {
                throw Failure;
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>The streams that were passed to the peer.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<ProbeStream> Opened { get; } = new();

    public ValueTask<Stream> OpenAsync()
    {
        var stream = new ProbeStream();
        Opened.Enqueue(stream);
        return new(stream);
    }

    public async IAsyncEnumerable<byte[]> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return new byte[ItemSize];
            await FirstItemGate.Task;
            yield return new byte[ItemSize];
            _started.TrySetResult();
            await Gate.Task;
            yield return new byte[ItemSize];
            if (Failure is not null)
            {
                throw Failure;
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }
}
