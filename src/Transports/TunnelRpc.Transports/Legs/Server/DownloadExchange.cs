using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>Handles one exchange of the download leg: a poll, or a stream until it is rotated. Stateless.</summary>
internal static class DownloadExchange
{
    // The maximum number of bytes that are written to the server's buffers before a flush.
    private const int FlushBytes = 64 * 1024;

    /// <summary>
    /// Responds to a streamed download. The response ends in an orderly way after <see cref="LegTimings.DownloadLifetime"/>.
    /// </summary>
    public static async Task StreamAsync(
        ServerLegConnection connection, IHttpExchange exchange, LegHeader header, long claim, CancellationToken cancellationToken)
    {
        using CancellationTokenSource rotation = new(connection.Timings.DownloadLifetime, connection.Timings.TimeProvider);
        using CancellationTokenRegistration registration = rotation.Token.UnsafeRegister(
            static sendBuffer => ((LegSendBuffer)sendBuffer!).NotifyChanged(), connection.SendBuffer);
        DownloadRecordBuilder content = new(connection, claim, knownConsumedOffset: -1, header.LastSeenProbe);
        exchange.DisableRequestLimits();
        exchange.SetStatusCode(200);
        exchange.SetResponseHeader("Content-Type", HttpHeaderValues.ContentType);
        HttpHeaderValues.DisableBuffering(exchange);
        PipeWriter body = exchange.ResponseBody;
        body.Write(LegProtocol.Preamble.Span);
        TryWriteRecords(body, content);
        await FlushAsync(body, cancellationToken).ConfigureAwait(false);
        while (!content.IsEnded && !content.IsSuperseded && !rotation.IsCancellationRequested)
        {
            Task change = connection.SendBuffer.WaitForChangeAsync();
            if (TryWriteRecords(body, content))
            {
                await FlushAsync(body, cancellationToken).ConfigureAwait(false);
            }
            else if (!rotation.IsCancellationRequested)
            {
                await change.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Responds to a poll: with the available records, or with 204 after <see cref="LegTimings.PollHold"/>. The response to the first poll
    /// of a leg connection is immediate.
    /// </summary>
    public static async Task PollAsync(
        ServerLegConnection connection, IHttpExchange exchange, LegHeader header, long claim, CancellationToken cancellationToken)
    {
        bool isFirst = header.Epoch == 1;
        TimeSpan holdTime = isFirst ? TimeSpan.Zero : connection.Timings.PollHold;
        using CancellationTokenSource holdTimeout = new(holdTime, connection.Timings.TimeProvider);
        using CancellationTokenRegistration registration = holdTimeout.Token.UnsafeRegister(
            static sendBuffer => ((LegSendBuffer)sendBuffer!).NotifyChanged(), connection.SendBuffer);
        DownloadRecordBuilder content = new(connection, claim, isFirst ? -1 : header.LengthOrAcknowledgedOffset, header.LastSeenProbe);
        while (true)
        {
            Task change = connection.SendBuffer.WaitForChangeAsync();
            if (content.HasContent || content.IsSuperseded || holdTimeout.IsCancellationRequested)
            {
                break;
            }

            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        HttpHeaderValues.DisableBuffering(exchange);
        int length = content.BuildRecords(LegProtocol.MaxPollBytes, out byte[]? records);
        if (length == 0)
        {
            exchange.SetStatusCode(204);
            ReturnBuffer(records);
            return;
        }

        exchange.SetStatusCode(200);
        exchange.SetResponseHeader("Content-Type", HttpHeaderValues.ContentType);
        exchange.SetResponseHeader("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        for (int written = 0; written < length; written += FlushBytes)
        {
            exchange.ResponseBody.Write(records.AsSpan(written, Math.Min(FlushBytes, length - written)));
            await FlushAsync(exchange.ResponseBody, cancellationToken).ConfigureAwait(false);
        }

        ReturnBuffer(records);
    }

    private static bool TryWriteRecords(PipeWriter body, DownloadRecordBuilder content)
    {
        int length = content.BuildRecords(FlushBytes, out byte[]? records);
        if (length > 0)
        {
            body.Write(records.AsSpan(0, length));
        }

        ReturnBuffer(records);
        return length > 0;
    }

    private static void ReturnBuffer(byte[]? records)
    {
        if (records is not null)
        {
            ArrayPool<byte>.Shared.Return(records);
        }
    }

    private static async ValueTask FlushAsync(PipeWriter body, CancellationToken cancellationToken)
    {
        FlushResult result = await body.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new TransportException("The download was ended by the client or an intermediary.");
        }
    }
}
