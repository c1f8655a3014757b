using System.Threading.Channels;

namespace TunnelRpc.Calls.Tests.Diagnosis;

/// <summary>Its calls run until <see cref="Release"/>.</summary>
internal sealed class WaitingService : IWaiting
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _started = Channel.CreateUnbounded<bool>();

    public void Release() => _released.TrySetResult();

    /// <summary>Completes when one more call has started.</summary>
    public Task WhenStartedAsync() => _started.Reader.ReadAsync().AsTask();

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        _started.Writer.TryWrite(true);
        await _released.Task.WaitAsync(cancellationToken);
    }

    public async Task TakeAsync(IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken)
    {
        // The stream is not read, so that its sender waits.
        _ = items;
        _started.Writer.TryWrite(true);
        await _released.Task.WaitAsync(cancellationToken);
    }
}
