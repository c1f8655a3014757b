using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// A download leg of streamed responses. When a response ends or breaks, another request continues at the next byte.
/// </summary>
internal sealed class StreamDownloadLeg(ClientLegConnection connection) : IDownloadLeg
{
    /// <summary>
    /// The least time to wait for the head, and then for the preamble, of the first download before the cause is investigated.
    /// </summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(1);

    // The least time that the head has after the response to a poll.
    private static readonly TimeSpan MinGrace = TimeSpan.FromMilliseconds(250);

    // A download that lasted this long does not count as a failure, even if it delivered nothing.
    private static readonly TimeSpan MinHealthyDuration = TimeSpan.FromSeconds(5);

    // The maximum time to open a later download, up to its preamble.
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    private HttpDialer _dialer = connection.CreateDialer();

    // The current download; _body is set after its preamble. Used by the task that opens or runs the leg only.
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _epoch;
    private long _offset;

    public TransportConnectionInfo CreateConnectionInfo(string handshakeTimeoutHint) => _dialer.CreateConnectionInfo(handshakeTimeoutHint);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long startTimestamp = connection.TimeProvider.GetTimestamp();
        Task opening = SendAsync(stop.Token);
        try
        {
            // Wait for the head without a limit, as with any request, unless the response to a poll arrives earlier.
            if (!await CompletesWithinAsync(opening, StartTimeout, cancellationToken).ConfigureAwait(false)
                && await IsPollFasterAsync(opening, cancellationToken).ConfigureAwait(false))
            {
                throw CreateBufferedException(
                    "not even the head of the response arrived, while a short response from the same address arrived at once");
            }

            await opening.ConfigureAwait(false);
            // A slow machine or path takes as long for the preamble as for the head.
            TimeSpan timeout = Twice(connection.TimeProvider.GetElapsedTime(startTimestamp), StartTimeout, OpenTimeout);
            opening = ReadPreambleAsync(stop.Token);
            if (!await CompletesWithinAsync(opening, timeout, cancellationToken).ConfigureAwait(false))
            {
                throw CreateBufferedException(
                    $"the head of the response arrived, but not the first {LegProtocol.Preamble.Length} bytes of its body within "
                        + $"{timeout.TotalSeconds:0} s after that");
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
        RetryBackoff backoff = new(connection.TimeProvider);
        while (true)
        {
            long startTimestamp = connection.TimeProvider.GetTimestamp();
            TransportException failure;
            DownloadRecordReader? records = null;
            try
            {
                if (_body is null)
                {
                    using CancellationTokenSource timeout = new(OpenTimeout, connection.TimeProvider);
                    using CancellationTokenSource stop =
                        CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, connection.Stopping);
                    await SendAsync(stop.Token).ConfigureAwait(false);
                    await ReadPreambleAsync(stop.Token).ConfigureAwait(false);
                }

                records = new DownloadRecordReader(connection, _epoch, _offset);
                await records.ReadAsync(_body!, connection.Stopping).ConfigureAwait(false);
                failure = new TransportException($"{connection.TransportName}: the download was ended by the server or an intermediary.");
            }
            catch (Exception exception)
            {
                // Catch everything: any exception is the failure of this download only.
                failure = exception as TransportException
                    ?? new TransportException($"{connection.TransportName}: the download broke: {exception.Message}", exception);
            }

            if (connection.Stopping.IsCancellationRequested || connection.ReceiveBuffer.IsCompleted)
            {
                return;
            }

            if (records is { HasProgressed: true } || connection.TimeProvider.GetElapsedTime(startTimestamp) >= MinHealthyDuration)
            {
                backoff.Reset();
            }

            if (RetryBackoff.IsPermanent(failure.HttpStatus)
                || !await backoff.TryDelayAsync(failure, connection.Stopping).ConfigureAwait(false))
            {
                connection.Fail(failure, isDownload: true);
                return;
            }

            CloseDownload();
            _dialer = connection.CreateDialer();
        }
    }

    public void Dispose() => CloseDownload();

    private void CloseDownload()
    {
        _response?.Dispose();
        _response = null;
        _body = null;
        _dialer.Dispose();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        _epoch = connection.NextDownloadEpoch();
        _offset = connection.ReceiveBuffer.ReceivedOffset;
        connection.ReceiveBuffer.TryBeginEpoch(_epoch, allowSame: false);
        using HttpRequestMessage request = connection.CreateGet(_dialer, LegExchangeKind.Stream, _epoch);
        HttpResponseMessage response = await _dialer.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            _response = response;
            ContentCoding.ThrowIfEncoded(connection.TransportName, response);
            connection.OnOpened(response);
            return;
        }

        using (response)
        {
            throw connection.CreateStatusException(response, "200 OK");
        }
    }

    private async Task ReadPreambleAsync(CancellationToken cancellationToken)
    {
        byte[] preamble = new byte[LegProtocol.Preamble.Length];
        Stream body = await _response!.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        int read;
        try
        {
            read = await body.ReadAtLeastAsync(preamble, preamble.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransportException($"{connection.TransportName}: the download broke in its preamble: {exception.Message}", exception);
        }

        if (!preamble.AsSpan(0, read).SequenceEqual(LegProtocol.Preamble.Span))
        {
            throw new TransportException(
                $"{connection.TransportName}: the download does not start with a tunnel's preamble: an intermediary responded in the "
                    + "server's place or changed the response, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsPermanent = true,
            };
        }

        _body = body;
    }

    private async ValueTask<bool> CompletesWithinAsync(Task task, TimeSpan time, CancellationToken cancellationToken)
    {
        // Suppressed, as the task may end at the moment at which the time is over.
        await task.WaitAsync(time, connection.TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (!task.IsCompleted)
        {
            return false;
        }

        await task.ConfigureAwait(false);
        return true;
    }

    private static TimeSpan Twice(TimeSpan time, TimeSpan least, TimeSpan most) => TimeSpan.FromTicks(
        Math.Clamp(2 * time.Ticks, least.Ticks, most.Ticks));

    // Whether the response to the first poll of another leg connection, to which the server responds at once, arrives before this
    // download's head, which was requested earlier, and the head does not arrive in twice the time of the poll either: where both wait
    // for the same slow start of an intermediary, the poll can be first by chance.
    private async ValueTask<bool> IsPollFasterAsync(Task opening, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ClientLegConnection sibling = connection.CreateSibling();
        using PollDownloadLeg leg = new(sibling);
        long startTimestamp = connection.TimeProvider.GetTimestamp();
        Task poll = leg.OpenAsync(stop.Token).AsTask();
        try
        {
            await Task.WhenAny(poll, opening).ConfigureAwait(false);
            TimeSpan grace = Twice(connection.TimeProvider.GetElapsedTime(startTimestamp), MinGrace, OpenTimeout);
            return poll.IsCompletedSuccessfully
                && !await CompletesWithinAsync(opening, grace, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await poll.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private TransportException CreateBufferedException(string observation)
        => new(
            $"{connection.TransportName}: the download is buffered: {observation}. An intermediary buffers responses until they are "
                + "complete, as mitmproxy does, and nginx if it ignores X-Accel-Buffering; use polls (long-poll).")
        {
            HttpStatus = _response is null ? null : 200,
            IsPermanent = true,
        };
}
