using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>Sends one block at a time on a connection of its own, again and again until it is acknowledged. Not thread-safe.</summary>
internal sealed class BlockSender(ClientLegConnection connection) : IDisposable
{
    // A body of up to this leaves with its head, and has come when a proxy refuses them.
    private const int MaxBytesWithoutExpectContinue = 2048;

    // Above what the server takes to find room or to wait for the block before.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(30);

    // An answer that took as long was waited for.
    private static readonly TimeSpan CapacityWaitThreshold = TimeSpan.FromSeconds(2);

    private HttpDialer _dialer = connection.CreateDialer();

    // Its own and not the pool's: an exchange that was given up may still be reading it.
    private byte[] _buffer = [];

    /// <summary>Where the next block is put, of at most that many bytes.</summary>
    public Memory<byte> GetBuffer(int length)
    {
        if (_buffer.Length < length)
        {
            _buffer = new byte[Math.Min(LegProtocol.MaxBlockBytes, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length))];
        }

        return _buffer.AsMemory(0, length);
    }

    /// <summary>Sends a block, repeating it when its answer is lost; false when the connection has failed or ended.</summary>
    public async ValueTask<bool> SendAsync(LegExchangeKind kind, long epoch, long offset, ReadOnlyMemory<byte> data)
    {
        RetryBackoff patience = new(connection.TimeProvider);
        while (true)
        {
            long since = connection.TimeProvider.GetTimestamp();
            TransportException failure;
            try
            {
                await SendOnceAsync(kind, epoch, offset, data, connection.Stopping).ConfigureAwait(false);
                return true;
            }
            catch (Exception exception)
            {
                // All of it: what a block may fail with is one try's failure.
                failure = exception as TransportException ?? new TransportException($"{connection.TransportName}: a block failed: {exception.Message}", exception);
            }

            if (connection.Stopping.IsCancellationRequested)
            {
                return false;
            }

            // 503: there was no room. 409: the one before it is being repeated. 4xx otherwise will not get better.
            bool full = failure.HttpStatus == 503 && connection.TimeProvider.GetElapsedTime(since) >= CapacityWaitThreshold;
            bool hopeless = failure.HttpStatus is >= 400 and < 500 and not (408 or 409 or 425 or 429);
            if (hopeless || (!full && !await patience.TryDelayAsync(connection.Stopping).ConfigureAwait(false)))
            {
                connection.Fail(failure, isDownload: false);
                return false;
            }

            // What was wrong with the connection may still be.
            _dialer.Dispose();
            _dialer = connection.CreateDialer();
        }
    }

    /// <summary>Sends a block once.</summary>
    /// <exception cref="TransportException">It was not acknowledged, and why.</exception>
    public async ValueTask SendOnceAsync(LegExchangeKind kind, long epoch, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(ResponseTimeout, connection.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using HttpRequestMessage request = connection.CreatePost(_dialer, kind, epoch, offset, data.Length);
        request.Content = new ReadOnlyMemoryContent(data);

        // Squid refuses with 407 while a body is still coming, and takes the rest of it for the next request.
        request.Headers.ExpectContinue = connection.CanReceiveProxyChallenges && data.Length > MaxBytesWithoutExpectContinue ? true : null;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", HttpHeaderValues.ContentType);
        using HttpResponseMessage response = await _dialer.SendAsync(request, stop.Token).ConfigureAwait(false);
        if (UploadRequest.TryReadReceived(response, out long received))
        {
            connection.OnAcknowledged(received);
        }

        if (response.StatusCode != HttpStatusCode.NoContent)
        {
            throw connection.CreateStatusException(response, "204 No Content for a block");
        }
    }

    public void Dispose() => _dialer.Dispose();
}
