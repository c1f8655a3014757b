using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Tunnel;

/// <summary>
/// The body of one request as the items of a call: read from the client's request, or for an upgrade, written by the copy from the client.
/// <see cref="DisposeAsync"/> returns when the client's body is no longer used.
/// </summary>
/// <param name="request">The request.</param>
internal sealed class RequestUpload(GatewayRequest request) : IAsyncDisposable
{
    /// <summary>The bytes of an upgraded connection that wait for the tunnel. Then the client is not read.</summary>
    private const int MaxWaitingBytes = 4 * HttpFieldRules.PieceSize;

    private readonly CancellationTokenSource _stop = new();

    // Completed when an enumeration that has started has ended.
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pipe? _pipe = request.Protocol is null
        ? null
        : new Pipe(new PipeOptions(
            pauseWriterThreshold: MaxWaitingBytes, resumeWriterThreshold: MaxWaitingBytes / 2, useSynchronizationContext: false));

    // Changed atomically: 1 when the enumeration has started or was stopped before it started.
    private int _isStarted;

    /// <summary>Whether the connection may be upgraded, so that the response's stream is written.</summary>
    public bool IsUpgrade => _pipe is not null;

    /// <summary>Returns the parts. Enumerated once, by the call. A part is valid until the next one is requested.</summary>
    public async IAsyncEnumerable<HttpOriginPart> ReadPartsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
        {
            yield break;
        }

        try
        {
            using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            await foreach (HttpOriginPart part in (_pipe is null ? ReadBodyAsync(linked.Token) : ReadPipeAsync(_pipe.Reader, linked.Token))
                .ConfigureAwait(false))
            {
                yield return part;
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>Sends bytes of an upgraded connection.</summary>
    /// <exception cref="IOException">The call has ended.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        PipeWriter writer = (_pipe ?? throw new NotSupportedException("Only an upgraded connection is written.")).Writer;
        if ((await writer.WriteAsync(bytes, cancellationToken).ConfigureAwait(false)).IsCompleted)
        {
            throw new IOException("The origin no longer reads.");
        }
    }

    /// <summary>Ends the client's direction of an upgraded connection.</summary>
    public ValueTask CompleteAsync() => _pipe?.Writer.CompleteAsync() ?? default;

    /// <summary>Ends the enumeration, and waits until the client's body is no longer read. Does not throw. Called once.</summary>
    public async ValueTask DisposeAsync()
    {
        bool isUnused = Interlocked.Exchange(ref _isStarted, 1) == 0;
        await _stop.CancelAsync().ConfigureAwait(false);
        if (!isUnused)
        {
            await _ended.Task.ConfigureAwait(false);
        }

        if (_pipe is not null)
        {
            // A write that waits fails.
            await _pipe.Reader.CompleteAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async IAsyncEnumerable<HttpOriginPart> ReadBodyAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HttpFieldRules.PieceSize);
        try
        {
            int count;
            while ((count = await request.Body!.ReadAsync(buffer.AsMemory(0, HttpFieldRules.PieceSize), cancellationToken)
                .ConfigureAwait(false)) > 0)
            {
                yield return new HttpOriginPart { Data = buffer.AsMemory(0, count) };
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (request.Trailers?.Invoke() is { Count: > 0 } trailers)
        {
            yield return new HttpOriginPart { Trailers = trailers };
        }
    }

    private static async IAsyncEnumerable<HttpOriginPart> ReadPipeAsync(
        PipeReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    for (int start = 0; start < segment.Length; start += HttpFieldRules.PieceSize)
                    {
                        yield return new HttpOriginPart
                        {
                            Data = segment.Slice(start, Math.Min(HttpFieldRules.PieceSize, segment.Length - start)),
                        };
                    }
                }

                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    yield break;
                }
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }
}
