using System.Net;
using System.Numerics;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>Sends one block at a time with its own HTTP client, and retries it until it is acknowledged. Not thread-safe.</summary>
internal sealed class BlockSender(ClientLegConnection connection) : IDisposable
{
    // A body of at most this size is sent together with its head, so a proxy has received all of it when it responds.
    private const int MaxBytesWithoutExpectContinue = 2048;

    // Longer than the server waits for capacity (20 s) or for the previous block (5 s).
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(30);

    // A 503 after this time means that the server waited for capacity and found none.
    private static readonly TimeSpan CapacityWaitThreshold = TimeSpan.FromSeconds(2);

    private HttpDialer? _dialer;

    // Not pooled: an abandoned exchange may still read it.
    private byte[] _buffer = [];

    /// <summary>Returns the buffer for the next block, of <paramref name="length"/> bytes.</summary>
    public Memory<byte> GetBuffer(int length)
    {
        if (_buffer.Length < length)
        {
            _buffer = new byte[Math.Min(LegProtocol.MaxBlockBytes, (int)BitOperations.RoundUpToPowerOf2((uint)length))];
        }

        return _buffer.AsMemory(0, length);
    }

    /// <summary>Drops the buffer. The connections stay open for the next block.</summary>
    public void ReleaseBuffer() => _buffer = [];

    /// <summary>Sends a block and retries it if the exchange fails; returns false when the connection has failed or ended.</summary>
    public async ValueTask<bool> SendAsync(LegExchangeKind kind, long epoch, long offset, ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        do
        {
            ReadOnlyMemory<byte> piece = data.Slice(sent, Math.Min(data.Length - sent, connection.BlockSize.Bytes));
            switch (await SendPieceAsync(kind, epoch, offset + sent, piece).ConfigureAwait(false))
            {
                case BlockOutcome.Acknowledged:
                    sent += piece.Length;
                    break;
                case BlockOutcome.TooLarge:
                    connection.BlockSize.OnRefused();
                    break;
                default:
                    return false;
            }
        }
        while (sent < data.Length);

        return true;
    }

    private async ValueTask<BlockOutcome> SendPieceAsync(LegExchangeKind kind, long epoch, long offset, ReadOnlyMemory<byte> data)
    {
        RetryBackoff backoff = new(connection.TimeProvider);
        while (true)
        {
            long startTimestamp = connection.TimeProvider.GetTimestamp();
            TransportException failure;
            try
            {
                await SendOnceAsync(kind, epoch, offset, data, connection.Stopping).ConfigureAwait(false);
                connection.BlockSize.OnAcknowledged(data.Length, connection.TimeProvider.GetElapsedTime(startTimestamp));
                return BlockOutcome.Acknowledged;
            }
            catch (Exception exception)
            {
                // Catch everything: any exception is the failure of this attempt only.
                failure = exception as TransportException
                    ?? new TransportException($"{connection.TransportName}: a block failed: {exception.Message}", exception);
            }

            if (connection.Stopping.IsCancellationRequested)
            {
                return BlockOutcome.Failed;
            }

            if (data.Length > BlockSize.StartBytes && (failure.HttpStatus is null or 413))
            {
                // Some intermediaries have a lower limit, and some close the connection at theirs.
                ResetDialer();
                return BlockOutcome.TooLarge;
            }

            // 503 after a wait: the server had no capacity. 409: the previous block is being retried. A retry cannot succeed after other
            // 4xx.
            bool isServerFull = failure.HttpStatus == 503
                && connection.TimeProvider.GetElapsedTime(startTimestamp) >= CapacityWaitThreshold;
            bool isPermanent = failure.HttpStatus is >= 400 and < 500 and not (408 or 409 or 425 or 429);
            if (isPermanent || (!isServerFull && !await backoff.TryDelayAsync(failure, connection.Stopping).ConfigureAwait(false)))
            {
                connection.Fail(failure, isDownload: false);
                return BlockOutcome.Failed;
            }

            ResetDialer();
        }
    }

    /// <summary>Sends a block once.</summary>
    /// <exception cref="TransportException">The block was not acknowledged. The message has the reason.</exception>
    public async ValueTask SendOnceAsync(
        LegExchangeKind kind, long epoch, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(ResponseTimeout, connection.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        HttpDialer dialer = _dialer ??= connection.CreateDialer();
        using HttpRequestMessage request = connection.CreatePost(dialer, kind, epoch, offset, data.Length);
        request.Content = new ReadOnlyMemoryContent(data);

        // Squid responds with 407 while the body is still arriving, and parses the rest of the body as the next request.
        request.Headers.ExpectContinue =
            connection.CanReceiveProxyChallenges && data.Length > MaxBytesWithoutExpectContinue ? true : null;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", HttpHeaderValues.ContentType);
        using HttpResponseMessage response = await dialer.SendAsync(request, stop.Token).ConfigureAwait(false);
        if (UploadRequest.TryReadReceived(response, out long received))
        {
            connection.OnAcknowledged(received);
        }

        if (response.StatusCode != HttpStatusCode.NoContent)
        {
            throw connection.CreateStatusException(response, "204 No Content for a block");
        }
    }

    public void Dispose() => _dialer?.Dispose();

    // The next exchange uses new sockets: the fault of the old ones may persist.
    private void ResetDialer()
    {
        _dialer?.Dispose();
        _dialer = null;
    }
}
