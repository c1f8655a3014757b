using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// A download leg of successive polls. Each poll has a new epoch and the offset of the next byte that it requests, so that no byte is lost
/// if a response is lost.
/// </summary>
internal sealed class PollDownloadLeg(ClientLegConnection connection) : IDownloadLeg
{
    // The maximum time without a byte of the response. Much longer than a server holds a poll (25 s by default).
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    private HttpDialer _dialer = connection.CreateDialer();

    public TransportConnectionInfo CreateConnectionInfo(string handshakeTimeoutHint) => _dialer.CreateConnectionInfo(handshakeTimeoutHint);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        // The server responds to the first poll at once.
        if (!await PollAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new TransportException(
                $"{connection.TransportName}: the response was 204, but a tunnel's first response has content: an intermediary responded "
                    + "in the server's place, or the address is not a tunnel.")
            {
                HttpStatus = 204,
                IsPermanent = true,
            };
        }
    }

    public async Task RunAsync()
    {
        RetryBackoff backoff = new(connection.TimeProvider);
        while (!connection.ReceiveBuffer.IsCompleted)
        {
            TransportException failure;
            long offset = connection.ReceiveBuffer.ReceivedOffset;
            try
            {
                Task capacityFreed = connection.ReceiveBuffer.WaitForCapacityAsync();
                if (!connection.ReceiveBuffer.HasCapacity)
                {
                    await capacityFreed.WaitAsync(connection.Stopping).ConfigureAwait(false);
                }

                await PollAsync(connection.Stopping).ConfigureAwait(false);
                backoff.Reset();
                continue;
            }
            catch (Exception exception)
            {
                // Catch everything: any exception is the failure of this poll only.
                if (connection.Stopping.IsCancellationRequested)
                {
                    return;
                }

                failure = exception as TransportException
                    ?? new TransportException($"{connection.TransportName}: a poll failed: {exception.Message}", exception);
            }

            if (connection.ReceiveBuffer.ReceivedOffset > offset)
            {
                backoff.Reset();
            }

            if (RetryBackoff.IsPermanent(failure.HttpStatus)
                || !await backoff.TryDelayAsync(failure, connection.Stopping).ConfigureAwait(false))
            {
                connection.Fail(failure, isDownload: true);
                return;
            }

            // Use new sockets: the fault of the old ones may persist.
            _dialer.Dispose();
            _dialer = connection.CreateDialer();
        }
    }

    public void Dispose() => _dialer.Dispose();

    // Returns whether the response has content.
    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(IdleTimeout, connection.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        long epoch = connection.NextDownloadEpoch();
        long offset = connection.ReceiveBuffer.ReceivedOffset;
        connection.ReceiveBuffer.TryBeginEpoch(epoch, allowSame: false);
        using HttpRequestMessage request = connection.CreateGet(_dialer, LegExchangeKind.Poll, epoch);
        using HttpResponseMessage response = await _dialer.SendAsync(request, stop.Token).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return false;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw connection.CreateStatusException(response, "200 OK");
        }

        ContentCoding.ThrowIfEncoded(connection.TransportName, response);
        if (response.Content.Headers.ContentType?.MediaType != HttpHeaderValues.ContentType)
        {
            string actual = response.Content.Headers.ContentType?.MediaType ?? "none";
            throw new TransportException(
                $"{connection.TransportName}: the Content-Type of a poll's response is {actual} instead of {HttpHeaderValues.ContentType}: "
                    + "an intermediary responded in the server's place, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsPermanent = true,
            };
        }

        connection.OnOpened(response);
        Stream body = await response.Content.ReadAsStreamAsync(stop.Token).ConfigureAwait(false);
        DownloadRecordReader reader = new(connection, epoch, offset, () => timeout.CancelAfter(IdleTimeout));
        await reader.ReadAsync(body, stop.Token).ConfigureAwait(false);
        return true;
    }
}
