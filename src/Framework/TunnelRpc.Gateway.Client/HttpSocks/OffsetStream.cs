using TunnelRpc.Gateway.Client.Streams;

namespace TunnelRpc.Gateway.Client.HttpSocks;

/// <summary>
/// One end of a byte stream over httpsock. One read and one write at a time, both at once. Asynchronous only. The stream need not be
/// flushed.
/// </summary>
/// <param name="input">What the peer has sent. Not owned.</param>
/// <param name="output">What is sent to the peer. Not owned.</param>
/// <param name="closeAsync">Called once, by the first disposal. Must not throw.</param>
internal sealed class OffsetStream(OffsetBuffer input, OffsetBuffer output, Func<Task> closeAsync) : AsyncStream
{
    // Set once, by the first disposal.
    private Task? _closed;
    private int _isDisposed;

    public override bool CanRead => !IsDisposed;

    public override bool CanWrite => !IsDisposed;

    private bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return input.ReadAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return output.WriteAsync(buffer, cancellationToken);
    }

    /// <summary>Closes the stream, and waits until that has ended.</summary>
    public override async ValueTask DisposeAsync()
    {
        // Dispose starts the close.
        await base.DisposeAsync().ConfigureAwait(false);
        if (Volatile.Read(ref _closed) is { } closed)
        {
            await closed.ConfigureAwait(false);
        }
    }

    /// <summary>Starts to close the stream. Does not wait, since that would block a thread: prefer <see cref="DisposeAsync"/>.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            Volatile.Write(ref _closed, closeAsync());
        }

        base.Dispose(disposing);
    }
}
