using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace TunnelRpc.Transports.Connections;

/// <summary>
/// Reads a stream for one reader, and ahead of it when asked to: a stream of HTTP/2 tells only its reader that the peer has ended
/// it, and a blocked writer must learn it, too.
/// </summary>
/// <param name="stream">The stream; its user disposes it, which ends what is read ahead.</param>
/// <param name="onEnd">Called when the end was read, by the reader or ahead of it.</param>
internal sealed class ReadAheadReader(Stream stream, Action onEnd)
{
    private const int ReadAheadBytes = 4096;

    private readonly Lock _lock = new();

    // Under the lock: whether the reader is at the stream, and what is read, or being read, ahead of it.
    private bool _reading;
    private Task<ReadAhead>? _readAhead;

    /// <summary>Whether the reader has been told of the end.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>As a stream reads; the token ends it, not what is read ahead.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Task<ReadAhead>? ahead;
        lock (_lock)
        {
            _reading = true;
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
                _reading = false;
            }
        }
    }

    /// <summary>Reads ahead unless somebody reads already, or data waits for the reader.</summary>
    public void StartReadAhead()
    {
        lock (_lock)
        {
            if (!_reading && !IsEnded)
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
            // The reader's, when there is one again.
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
