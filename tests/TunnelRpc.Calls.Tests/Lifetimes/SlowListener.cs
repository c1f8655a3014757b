namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>A listener whose one-way calls wait for the test.</summary>
internal sealed class SlowListener : IListener, IDisposable
{
    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the call had run to its end without a cancellation.</summary>
    public TaskCompletionSource<bool> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<string> EchoAsync(string text, CancellationToken cancellationToken) => Task.FromResult(text);

    public async ValueTask NextAsync(int value)
    {
        CancellationToken cancellationToken = TunnelCallContext.Current!.CancellationToken;
        Started.TrySetResult();
        await Gate.Task;
        Ended.TrySetResult(!cancellationToken.IsCancellationRequested && !Disposed.Task.IsCompleted);
    }

    public void Dispose() => Disposed.TrySetResult();
}
