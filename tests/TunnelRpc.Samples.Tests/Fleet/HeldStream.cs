namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Gives some bytes and then no more, but does not end.</summary>
internal sealed class HeldStream(byte[] content) : MemoryStream(content, writable: false)
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _never = new();

    /// <summary>All bytes were read, and more were asked for.</summary>
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
