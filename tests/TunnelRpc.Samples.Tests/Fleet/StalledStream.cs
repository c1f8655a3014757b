namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Returns the content. The next read then waits until it is cancelled, so the stream does not end.</summary>
internal sealed class StalledStream(byte[] content) : MemoryStream(content, writable: false)
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _never = new();

    /// <summary>Completes when all bytes were read and another read has started.</summary>
    public Task Drained => _drained.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await base.ReadAsync(buffer, cancellationToken);
        if (read == 0)
        {
            _drained.TrySetResult();
            await _never.Task.WaitAsync(cancellationToken);
        }

        return read;
    }
}
