using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>A down leg that streams: one answer that goes on, and another from where it left off whenever it ends or breaks.</summary>
internal sealed class StreamDownloadLeg(ClientLegConnection connection) : IDownloadLeg
{
    /// <summary>How long the beginning of a download may be silent before that is looked into.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(1);

    // A download that lasted as long was no failure, though nothing came.
    private static readonly TimeSpan MinHealthyDuration = TimeSpan.FromSeconds(5);

    // How long another download may take to begin.
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    private HttpDialer _dialer = connection.CreateDialer();

    // The present download, from its preamble on; of the opening or running task.
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _epoch;
    private long _offset;

    public TransportConnectionInfo CreateConnectionInfo(string handshakeTimeoutHint) => _dialer.CreateConnectionInfo(handshakeTimeoutHint);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task opening = SendAsync(stop.Token);
        try
        {
            // Its head first, however long that takes, as with any request; unless a poll, which ends, gets through meanwhile.
            if (!await CompletesWithinAsync(opening, StartTimeout, cancellationToken).ConfigureAwait(false)
                && await IsOvertakenByPollAsync(opening, cancellationToken).ConfigureAwait(false))
            {
                throw CreateBufferedException("not even the head of its answer came, while a short answer from the same address came at once");
            }

            await opening.ConfigureAwait(false);
            opening = ReadPreambleAsync(stop.Token);
            if (!await CompletesWithinAsync(opening, StartTimeout, cancellationToken).ConfigureAwait(false))
            {
                throw CreateBufferedException($"the head of its answer came, and of its body no {LegProtocol.Preamble.Length} bytes within {StartTimeout.TotalSeconds:0} s after that");
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
        RetryBackoff patience = new(connection.TimeProvider);
        while (true)
        {
            long since = connection.TimeProvider.GetTimestamp();
            TransportException failure;
            DownloadRecordReader? records = null;
            try
            {
                if (_body is null)
                {
                    using CancellationTokenSource timeout = new(OpenTimeout, connection.TimeProvider);
                    using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, connection.Stopping);
                    await SendAsync(stop.Token).ConfigureAwait(false);
                    await ReadPreambleAsync(stop.Token).ConfigureAwait(false);
                }

                records = new DownloadRecordReader(connection, _epoch, _offset);
                await records.ReadAsync(_body!, connection.Stopping).ConfigureAwait(false);
                failure = new TransportException($"{connection.TransportName}: the download was ended by the server or something on the way.");
            }
            catch (Exception exception)
            {
                // All of it: what a download may fail with is one download's failure.
                failure = exception as TransportException ?? new TransportException($"{connection.TransportName}: the download broke: {exception.Message}", exception);
            }

            if (connection.Stopping.IsCancellationRequested || connection.ReceiveBuffer.IsCompleted)
            {
                return;
            }

            if (records is { HasProgressed: true } || connection.TimeProvider.GetElapsedTime(since) >= MinHealthyDuration)
            {
                patience.Reset();
            }

            if (RetryBackoff.IsPermanent(failure.HttpStatus) || !await patience.TryDelayAsync(connection.Stopping).ConfigureAwait(false))
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
            read = await body.ReadAtLeastAsync(preamble, preamble.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransportException($"{connection.TransportName}: the download broke at its beginning: {exception.Message}", exception);
        }

        if (!preamble.AsSpan(0, read).SequenceEqual(LegProtocol.Preamble.Span))
        {
            throw new TransportException($"{connection.TransportName}: the download does not begin as a tunnel's does: something on the way answered in the server's place or changed the answer, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsPermanent = true,
            };
        }

        _body = body;
    }

    private async ValueTask<bool> CompletesWithinAsync(Task task, TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(time, connection.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return false;
        }

        return true;
    }

    // Whether another carrier's first poll, which is answered at once, is answered before this download is.
    private async ValueTask<bool> IsOvertakenByPollAsync(Task opening, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ClientLegConnection other = connection.CreateSibling();
        using PollDownloadLeg poll = new(other);
        Task polling = poll.OpenAsync(stop.Token).AsTask();
        await Task.WhenAny(polling, opening).ConfigureAwait(false);
        bool overtaken = polling.IsCompletedSuccessfully && !opening.IsCompleted;
        await stop.CancelAsync().ConfigureAwait(false);
        await polling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return overtaken;
    }

    private TransportException CreateBufferedException(string observation)
        => new($"{connection.TransportName}: the download is held: {observation}. Something on the way collects answers before it passes them on, as mitmproxy does and nginx where it ignores X-Accel-Buffering; polls (long-poll) pass.")
        {
            HttpStatus = _response is null ? null : 200,
            IsPermanent = true,
        };
}
