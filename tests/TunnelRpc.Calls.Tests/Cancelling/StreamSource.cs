using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>The caller's own elements and bytes: some, then none until it is told to stop.</summary>
internal sealed class StreamSource
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _exhausted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ignored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it was told to stop, and has.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Completes when the second element is taken.</summary>
    public Task Second => _second.Task;

    /// <summary>Completes when all there is was taken, and more is asked for.</summary>
    public Task Exhausted => _exhausted.Task;

    /// <summary>Lets a source go on that does not heed its token.</summary>
    public void Release() => _ignored.TrySetResult();

    public async IAsyncEnumerable<byte[]> ItemsAsync(int count, int size, bool honorsCancellation = true, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Yield();
                if (i == 1)
                {
                    _second.TrySetResult();
                }

                yield return new byte[size];
            }

            _exhausted.TrySetResult();
            await _ignored.Task.WaitAsync(honorsCancellation ? cancellationToken : CancellationToken.None);
        }
        finally
        {
            _stopped.TrySetResult();
        }
    }

    /// <summary>Some bytes, then none.</summary>
    public Stream Bytes(bool honorsCancellation = true) => new Content(this, honorsCancellation);

    private sealed class Content(StreamSource source, bool honorsCancellation) : MemoryStream(new byte[5000])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
            {
                return await base.ReadAsync(buffer, cancellationToken);
            }

            try
            {
                source._exhausted.TrySetResult();
                await source._ignored.Task.WaitAsync(honorsCancellation ? cancellationToken : CancellationToken.None);
                return 0;
            }
            finally
            {
                source._stopped.TrySetResult();
            }
        }
    }
}
