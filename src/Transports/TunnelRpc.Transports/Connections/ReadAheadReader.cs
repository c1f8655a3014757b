using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// Reads a stream for one reader, and ahead of the reader on request. An HTTP/2 stream reports the peer's end to a reader only, and a
/// blocked writer must be notified, too. One reader; <see cref="StartReadAhead"/> may be called concurrently.
/// </summary>
/// <param name="stream">The stream. The caller disposes it, which ends a read-ahead.</param>
/// <param name="onEnd">Called when the end or a failure is read, by the reader or by a read-ahead. May be called more than once.</param>
internal sealed class ReadAheadReader(Stream stream, Action onEnd)
{
    private const int ReadAheadBytes = 4096;

    private readonly Lock _lock = new();

    // Guarded by _lock: whether the reader reads, and the bytes that are read, or being read, ahead of it.
    private bool _isReading;
    private Task<ReadAhead>? _readAhead;

    /// <summary>Whether the reader has read the end.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Reads as <see cref="Stream"/> does. The token cancels this read, but not a read-ahead.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Task<ReadAhead>? ahead;
        lock (_lock)
        {
            _isReading = true;
            ahead = _readAhead;
        }

        try
        {
            int read = IsEnded ? 0
                : ahead is null ? await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)
                : CopyReadAhead(await ahead.WaitAsync(cancellationToken).ConfigureAwait(false), buffer.Span);
            if (read == 0 && !IsEnded)
            {
                IsEnded = true;
                onEnd();
            }

            return read;
        }
        finally
        {
            lock (_lock)
            {
                _isReading = false;
            }
        }
    }

    /// <summary>Starts to read ahead, unless a read is in progress or bytes that were read ahead are unread.</summary>
    public void StartReadAhead()
    {
        lock (_lock)
        {
            if (!_isReading && !IsEnded)
            {
                _readAhead ??= Task.Run(ReadAheadAsync);
            }
        }
    }

    private async Task<ReadAhead> ReadAheadAsync()
    {
        byte[] buffer = new byte[ReadAheadBytes];
        try
        {
            int read = await stream.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false);
            if (read == 0)
            {
                onEnd();
            }

            return new ReadAhead(buffer.AsMemory(0, read), null);
        }
        catch (Exception exception)
        {
            // The next read throws the exception.
            onEnd();
            return new ReadAhead(default, ExceptionDispatchInfo.Capture(exception));
        }
    }

    private int CopyReadAhead(ReadAhead ahead, Span<byte> buffer)
    {
        ahead.Failure?.Throw();
        int length = Math.Min(ahead.Data.Length, buffer.Length);
        ahead.Data.Span[..length].CopyTo(buffer);
        lock (_lock)
        {
            _readAhead = length == ahead.Data.Length ? null : Task.FromResult(ahead with { Data = ahead.Data[length..] });
        }

        return length;
    }

    private readonly record struct ReadAhead(ReadOnlyMemory<byte> Data, ExceptionDispatchInfo? Failure);
}
