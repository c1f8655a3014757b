namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>A stream without items that ends only by cancellation. Counts its enumerations.</summary>
internal sealed class CountedInput : IAsyncEnumerable<int>
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _enumerations;

    public Task Begun => _begun.Task;

    public int Enumerations => Volatile.Read(ref _enumerations);

    public async IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _enumerations);
        _begun.TrySetResult();
        var never = new TaskCompletionSource();
        await never.Task.WaitAsync(cancellationToken);
        yield break;
    }
}
