using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>A source of items or bytes on the side of the caller. After its last item it waits until it is cancelled or released.</summary>
internal sealed class StreamSource
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _exhausted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ignored = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the source has ended.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Completes when the second item is requested.</summary>
    public Task Second => _second.Task;

    /// <summary>Completes when the reader requests more than the source has.</summary>
    public Task Exhausted => _exhausted.Task;

    /// <summary>Ends a source that ignores its token.</summary>
    public void Release() => _ignored.TrySetResult();

    public async IAsyncEnumerable<byte[]> ItemsAsync(
        int count, int size, bool honorsCancellation = true, [EnumeratorCancellation] CancellationToken cancellationToken = default)
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

    /// <summary>Returns a stream of 5,000 bytes. The read after the last byte waits until it is cancelled or released.</summary>
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
