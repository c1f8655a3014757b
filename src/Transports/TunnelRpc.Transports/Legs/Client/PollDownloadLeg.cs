using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>A down leg that asks again and again. Each poll is an epoch of its own and says from where on it wants bytes, so that none is lost with an answer.</summary>
internal sealed class PollDownloadLeg(ClientLegConnection connection) : IDownloadLeg
{
    // Far above how long any server holds a poll.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(60);

    private HttpDialer _dialer = connection.CreateDialer();

    public TransportConnectionInfo CreateConnectionInfo(string handshakeTimeoutHint) => _dialer.CreateConnectionInfo(handshakeTimeoutHint);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        // The first poll is answered at once.
        DownloadRecordReader body = await PollAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new TransportException($"{connection.TransportName}: the answer was 204 where a tunnel's first answer has content: something on the way answered in the server's place, or the address is not a tunnel.")
            {
                HttpStatus = 204,
                IsPermanent = true,
            };
        _ = body;
    }

    public async Task RunAsync()
    {
        RetryBackoff patience = new(connection.TimeProvider);
        while (!connection.ReceiveBuffer.IsCompleted)
        {
            TransportException failure;
            try
            {
                Task room = connection.ReceiveBuffer.WaitForCapacityAsync();
                if (!connection.ReceiveBuffer.HasCapacity)
                {
                    await room.WaitAsync(connection.Stopping).ConfigureAwait(false);
                }

                await PollAsync(connection.Stopping).ConfigureAwait(false);
                patience.Reset();
                continue;
            }
            catch (Exception exception)
            {
                // All of it: what a poll may fail with is one poll's failure.
                if (connection.Stopping.IsCancellationRequested)
                {
                    return;
                }

                failure = exception as TransportException ?? new TransportException($"{connection.TransportName}: a poll failed: {exception.Message}", exception);
            }

            if (RetryBackoff.IsPermanent(failure.HttpStatus) || !await patience.TryDelayAsync(connection.Stopping).ConfigureAwait(false))
            {
                connection.Fail(failure, isDownload: true);
                return;
            }

            // What was wrong with the connection may still be.
            _dialer.Dispose();
            _dialer = connection.CreateDialer();
        }
    }

    public void Dispose() => _dialer.Dispose();

    private async Task<DownloadRecordReader?> PollAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(ResponseTimeout, connection.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        long epoch = connection.NextDownloadEpoch();
        long offset = connection.ReceiveBuffer.ReceivedOffset;
        connection.ReceiveBuffer.TryBeginEpoch(epoch, allowSame: false);
        using HttpRequestMessage request = connection.CreateGet(_dialer, LegExchangeKind.Poll, epoch);
        using HttpResponseMessage response = await _dialer.SendAsync(request, stop.Token).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return null;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw connection.CreateStatusException(response, "200 OK");
        }

        if (response.Content.Headers.ContentType?.MediaType != HttpHeaderValues.ContentType)
        {
            throw new TransportException($"{connection.TransportName}: a poll's answer is {response.Content.Headers.ContentType?.MediaType ?? "of no type"} instead of {HttpHeaderValues.ContentType}: something on the way answered in the server's place, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsPermanent = true,
            };
        }

        DownloadRecordReader body = new(connection, epoch, offset);
        await body.ReadAsync(await response.Content.ReadAsStreamAsync(stop.Token).ConfigureAwait(false), stop.Token).ConfigureAwait(false);
        return body;
    }
}
