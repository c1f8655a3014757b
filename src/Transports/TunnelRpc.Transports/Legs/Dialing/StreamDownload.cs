using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>A down leg that streams: one answer that goes on, and another from where it left off whenever it ends or breaks.</summary>
internal sealed class StreamDownload(ClientCarrier carrier) : IDownload
{
    /// <summary>How long the beginning of a download may be silent before that is looked into.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    // A download that lasted as long was no failure, though nothing came.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(5);

    // How long another download may take to begin.
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    private HttpDialer _dialer = carrier.CreateDialer();

    // The present download, from its preamble on; of the opening or running task.
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _epoch;
    private long _offset;

    public TransportConnectionInfo Describe(string whenSilent) => _dialer.Describe(whenSilent);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task opening = SendAsync(stop.Token);
        try
        {
            // Its head first, however long that takes, as with any request; unless a poll, which ends, gets through meanwhile.
            if (!await IsDoneWithinAsync(opening, Silence, cancellationToken).ConfigureAwait(false)
                && await IsOvertakenAsync(opening, cancellationToken).ConfigureAwait(false))
            {
                throw Held("not even the head of its answer came, while a short answer from the same address came at once");
            }

            await opening.ConfigureAwait(false);
            opening = ReadPreambleAsync(stop.Token);
            if (!await IsDoneWithinAsync(opening, Silence, cancellationToken).ConfigureAwait(false))
            {
                throw Held($"the head of its answer came, and of its body no {LegsProtocol.Preamble.Length} bytes within {Silence.TotalSeconds:0} s after that");
            }

            await opening.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task RunAsync()
    {
        Patience patience = new(carrier.Clock);
        while (true)
        {
            long since = carrier.Clock.GetTimestamp();
            TransportException failure;
            DownloadBody? records = null;
            try
            {
                if (_body is null)
                {
                    using CancellationTokenSource timeout = new(OpenTimeout, carrier.Clock);
                    using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, carrier.Stopping);
                    await SendAsync(stop.Token).ConfigureAwait(false);
                    await ReadPreambleAsync(stop.Token).ConfigureAwait(false);
                }

                records = new DownloadBody(carrier, _epoch, _offset);
                await records.ReadAsync(_body!, carrier.Stopping).ConfigureAwait(false);
                failure = new TransportException($"{carrier.Name}: the download was ended by the server or something on the way.");
            }
            catch (Exception exception)
            {
                // All of it: what a download may fail with is one download's failure.
                failure = exception as TransportException ?? new TransportException($"{carrier.Name}: the download broke: {exception.Message}", exception);
            }

            if (carrier.Stopping.IsCancellationRequested || carrier.Down.IsCompleted)
            {
                return;
            }

            if (records is { HasProgressed: true } || carrier.Clock.GetElapsedTime(since) >= Enough)
            {
                patience.Renew();
            }

            if (Patience.IsHopeless(failure.HttpStatus) || !await patience.TryAgainAsync(carrier.Stopping).ConfigureAwait(false))
            {
                carrier.Fail(failure, isDown: true);
                return;
            }

            Drop();
            _dialer = carrier.CreateDialer();
        }
    }

    public void Dispose() => Drop();

    private void Drop()
    {
        _response?.Dispose();
        _response = null;
        _body = null;
        _dialer.Dispose();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        _epoch = carrier.NextDownEpoch();
        _offset = carrier.Down.Received;
        carrier.Down.TryBegin(_epoch, orSame: false);
        using HttpRequestMessage request = carrier.CreateGet(_dialer, LegKind.Stream, _epoch);
        HttpResponseMessage response = await _dialer.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            _response = response;
            return;
        }

        using (response)
        {
            throw carrier.Refused(response, "200 OK");
        }
    }

    private async Task ReadPreambleAsync(CancellationToken cancellationToken)
    {
        byte[] preamble = new byte[LegsProtocol.Preamble.Length];
        Stream body = await _response!.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        int read;
        try
        {
            read = await body.ReadAtLeastAsync(preamble, preamble.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransportException($"{carrier.Name}: the download broke at its beginning: {exception.Message}", exception);
        }

        if (!preamble.AsSpan(0, read).SequenceEqual(LegsProtocol.Preamble.Span))
        {
            throw new TransportException($"{carrier.Name}: the download does not begin as a tunnel's does: something on the way answered in the server's place or changed the answer, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsDefinite = true,
            };
        }

        _body = body;
    }

    private async ValueTask<bool> IsDoneWithinAsync(Task task, TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(time, carrier.Clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return false;
        }

        return true;
    }

    // Whether another carrier's first poll, which is answered at once, is answered before this download is.
    private async ValueTask<bool> IsOvertakenAsync(Task opening, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ClientCarrier other = carrier.CreateSibling();
        using PollDownload poll = new(other);
        Task polling = poll.OpenAsync(stop.Token).AsTask();
        await Task.WhenAny(polling, opening).ConfigureAwait(false);
        bool overtaken = polling.IsCompletedSuccessfully && !opening.IsCompleted;
        await stop.CancelAsync().ConfigureAwait(false);
        await polling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return overtaken;
    }

    private TransportException Held(string observation)
        => new($"{carrier.Name}: the download is held: {observation}. Something on the way collects answers before it passes them on, as mitmproxy does and nginx where it ignores X-Accel-Buffering; polls (long-poll) pass.")
        {
            HttpStatus = _response is null ? null : 200,
            IsDefinite = true,
        };
}
