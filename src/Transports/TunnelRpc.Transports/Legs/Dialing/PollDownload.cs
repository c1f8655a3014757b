using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>A down leg that asks again and again. Each poll is an epoch of its own and says from where on it wants bytes, so that none is lost with an answer.</summary>
internal sealed class PollDownload(ClientCarrier carrier) : IDownload
{
    // Far above how long any server holds a poll.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private HttpDialer _dialer = carrier.CreateDialer();

    public TransportConnectionInfo Describe(string whenSilent) => _dialer.Describe(whenSilent);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        // The first poll is answered at once.
        DownloadBody body = await PollAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new TransportException($"{carrier.Name}: the answer was 204 where a tunnel's first answer has content: something on the way answered in the server's place, or the address is not a tunnel.")
            {
                HttpStatus = 204,
                IsDefinite = true,
            };
        _ = body;
    }

    public async Task RunAsync()
    {
        Patience patience = new(carrier.Clock);
        while (!carrier.Down.IsCompleted)
        {
            TransportException failure;
            try
            {
                Task room = carrier.Down.NextRoom();
                if (!carrier.Down.HasRoom)
                {
                    await room.WaitAsync(carrier.Stopping).ConfigureAwait(false);
                }

                await PollAsync(carrier.Stopping).ConfigureAwait(false);
                patience.Renew();
                continue;
            }
            catch (Exception exception)
            {
                // All of it: what a poll may fail with is one poll's failure.
                if (carrier.Stopping.IsCancellationRequested)
                {
                    return;
                }

                failure = exception as TransportException ?? new TransportException($"{carrier.Name}: a poll failed: {exception.Message}", exception);
            }

            if (Patience.IsHopeless(failure.HttpStatus) || !await patience.TryAgainAsync(carrier.Stopping).ConfigureAwait(false))
            {
                carrier.Fail(failure, isDown: true);
                return;
            }

            // What was wrong with the connection may still be.
            _dialer.Dispose();
            _dialer = carrier.CreateDialer();
        }
    }

    public void Dispose() => _dialer.Dispose();

    private async Task<DownloadBody?> PollAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(AnswerTimeout, carrier.Clock);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        long epoch = carrier.NextDownEpoch();
        long offset = carrier.Down.Received;
        carrier.Down.TryBegin(epoch, orSame: false);
        using HttpRequestMessage request = carrier.CreateGet(_dialer, LegKind.Poll, epoch);
        using HttpResponseMessage response = await _dialer.SendAsync(request, stop.Token).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return null;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw carrier.Refused(response, "200 OK");
        }

        if (response.Content.Headers.ContentType?.MediaType != HttpHeaderValues.ContentType)
        {
            throw new TransportException($"{carrier.Name}: a poll's answer is {response.Content.Headers.ContentType?.MediaType ?? "of no type"} instead of {HttpHeaderValues.ContentType}: something on the way answered in the server's place, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsDefinite = true,
            };
        }

        DownloadBody body = new(carrier, epoch, offset);
        await body.ReadAsync(await response.Content.ReadAsStreamAsync(stop.Token).ConfigureAwait(false), stop.Token).ConfigureAwait(false);
        return body;
    }
}
