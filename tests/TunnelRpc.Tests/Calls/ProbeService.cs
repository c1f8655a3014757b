using System.Runtime.CompilerServices;

namespace TunnelRpc.Tests.Calls;

/// <summary>Waits until it is cancelled, or for the test, and says what happened to it.</summary>
internal sealed class ProbeService : IProbe
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Started => _started.Task;

    public Task Ended => _ended.Task;

    /// <summary>What the stream waits for behind its first element, whatever is cancelled.</summary>
    public TaskCompletionSource FirstItemGate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What calls wait for, and the stream behind its second element, whatever is cancelled.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int ItemSize { get; init; } = 1;

    /// <summary>Whether the work goes on when it is cancelled.</summary>
    public bool IgnoresCancellation { get; init; }

    /// <summary>What waiting fails with, when its wait is over.</summary>
    public Exception? Failure { get; init; }

    /// <summary>What waiting does, when its wait is over.</summary>
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

    /// <summary>The streams that were given away.</summary>
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
