using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Answering;

/// <summary>Answers one exchange of the down leg: a poll, or a stream until it is rotated.</summary>
internal static class DownloadExchange
{
    // So much at most is put into the server's buffers before they are flushed.
    private const int FlushBytes = 64 * 1024;

    /// <summary>Answers a streamed download, which ends in order when it has lasted long enough.</summary>
    public static async Task StreamAsync(Carrier carrier, IHttpExchange exchange, LegHeader header, long claim, CancellationToken cancellationToken)
    {
        using CancellationTokenSource rotation = new(carrier.Times.DownloadLifetime, carrier.Times.Clock);
        using CancellationTokenRegistration waking = rotation.Token.UnsafeRegister(static log => ((SendLog)log!).Wake(), carrier.Down);
        DownloadContent content = new(carrier, claim, known: -1, header.Seen);
        exchange.LiftLimits();
        exchange.SetStatus(200);
        exchange.SetResponseHeader("Content-Type", HttpHeaderValues.ContentType);
        HttpHeaderValues.SetStreaming(exchange);
        PipeWriter body = exchange.ResponseBody;
        body.Write(LegsProtocol.Preamble.Span);
        Write(body, content);
        await FlushAsync(body, cancellationToken).ConfigureAwait(false);
        while (!content.IsEnded && !content.IsSuperseded && !rotation.IsCancellationRequested)
        {
            Task change = carrier.Down.NextChange();
            if (Write(body, content))
            {
                await FlushAsync(body, cancellationToken).ConfigureAwait(false);
            }
            else if (!rotation.IsCancellationRequested)
            {
                await change.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Answers a poll: with what there is, or with nothing when it was held long enough. The carrier's first is answered at once.</summary>
    public static async Task PollAsync(Carrier carrier, IHttpExchange exchange, LegHeader header, long claim, CancellationToken cancellationToken)
    {
        bool isFirst = header.Epoch == 1;
        using CancellationTokenSource hold = new(isFirst ? TimeSpan.Zero : carrier.Times.PollHold, carrier.Times.Clock);
        using CancellationTokenRegistration waking = hold.Token.UnsafeRegister(static log => ((SendLog)log!).Wake(), carrier.Down);
        DownloadContent content = new(carrier, claim, isFirst ? -1 : header.Detail, header.Seen);
        while (true)
        {
            Task change = carrier.Down.NextChange();
            if (content.IsDue || content.IsSuperseded || hold.IsCancellationRequested)
            {
                break;
            }

            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        HttpHeaderValues.SetStreaming(exchange);
        int length = content.Take(LegsProtocol.MaxPollBytes, out byte[]? records);
        if (length == 0)
        {
            exchange.SetStatus(204);
            Return(records);
            return;
        }

        exchange.SetStatus(200);
        exchange.SetResponseHeader("Content-Type", HttpHeaderValues.ContentType);
        exchange.SetResponseHeader("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        exchange.ResponseBody.Write(records.AsSpan(0, length));
        Return(records);
        await FlushAsync(exchange.ResponseBody, cancellationToken).ConfigureAwait(false);
    }

    private static bool Write(PipeWriter body, DownloadContent content)
    {
        int length = content.Take(FlushBytes, out byte[]? records);
        if (length > 0)
        {
            body.Write(records.AsSpan(0, length));
        }

        Return(records);
        return length > 0;
    }

    private static void Return(byte[]? records)
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
            throw new TransportException("The download was ended by the client or something on the way.");
        }
    }
}
