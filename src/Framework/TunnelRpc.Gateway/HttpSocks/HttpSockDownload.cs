using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using TunnelRpc.Gateway.Client.HttpSocks;

namespace TunnelRpc.Gateway.HttpSocks;

// Decision: docs/adr/0097-httpsock-offsets.md
/// <summary>Handles GET: the client fetches what the application has written. Stateless.</summary>
internal static class HttpSockDownload
{
    // What one flush writes. Small, so that a response takes little memory.
    private const int ChunkSize = 8 << 10;

    /// <summary>Responds with bytes as soon as there are some, with 204 after the hold time, or X-EOF at the end of the stream.</summary>
    /// <param name="context">The request.</param>
    /// <param name="session">Its session, which is not broken.</param>
    /// <param name="options">The options.</param>
    public static async Task HandleAsync(HttpContext context, HttpSockSession session, HttpSockServerOptions options)
    {
        OffsetBuffer download = session.Download;
        if (!HttpSockUpload.TryRead(context, HttpSockFields.ContentLength, out long? max)
            || max == 0
            || !HttpSockUpload.TryRead(context, HttpSockFields.Offset, out long? offset))
        {
            await HttpSockEndpoint.RefuseAsync(
                context, StatusCodes.Status400BadRequest, "Expected a number above 0 in X-Content-Length, and a number in X-Offset.")
                .ConfigureAwait(false);
            return;
        }

        using RequestSlot.Permit? permit = await session.Gets.EnterAsync(context.RequestAborted).ConfigureAwait(false);
        if (permit is null)
        {
            RespondNothing(context, download.Start);
            return;
        }

        if (offset is { } acknowledged && !download.TryRelease(acknowledged))
        {
            long start = download.Start;
            context.Response.Headers[HttpSockFields.Offset] = Format(start);
            await HttpSockEndpoint.RefuseAsync(
                context,
                StatusCodes.Status409Conflict,
                $"Expected an X-Offset from {start} to {download.End}, the bytes that are kept, got {acknowledged}.").ConfigureAwait(false);
            return;
        }

        long from = offset ?? download.Start;
        if (await WaitAsync(context, session, from, options, permit.Superseded).ConfigureAwait(false) is not { } hasData)
        {
            if (session.Failure is { } failure)
            {
                await HttpSockEndpoint.RefuseAsync(context, StatusCodes.Status410Gone, failure).ConfigureAwait(false);
                return;
            }

            RespondNothing(context, from);
            return;
        }

        context.Response.Headers[HttpSockFields.Offset] = Format(from);
        if (!hasData)
        {
            context.Response.Headers[HttpSockFields.EndOfFile] = "1";
            context.Response.ContentLength = 0;
            return;
        }

        int count = (int)Math.Min(max ?? long.MaxValue, download.End - from);
        if (offset is null)
        {
            await WriteOnceAsync(context, session, from, count).ConfigureAwait(false);
        }
        else
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(
                context.RequestAborted, session.Aborted, permit.Superseded);
            await WriteAsync(context, download, from, count, ended.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for a byte.</summary>
    /// <returns>Whether there is one; false at the end of the stream. Null if there is neither, and the request is answered.</returns>
    private static async Task<bool?> WaitAsync(
        HttpContext context, HttpSockSession session, long from, HttpSockServerOptions options, CancellationToken superseded)
    {
        using var hold = new CancellationTokenSource(options.HoldTime, options.TimeProvider);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            [hold.Token, superseded, session.Aborted, context.RequestAborted]);
        try
        {
            return await session.Download.WaitForDataAsync(from, ended.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>
    /// Writes to a client without offsets, which cannot ask for the same bytes again. They are released when they were written. If that
    /// fails, the session breaks: the alternative would be a stream with a gap.
    /// </summary>
    private static async Task WriteOnceAsync(HttpContext context, HttpSockSession session, long from, int count)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, session.Aborted);
        if (await WriteAsync(context, session.Download, from, count, ended.Token).ConfigureAwait(false)
            && !context.RequestAborted.IsCancellationRequested)
        {
            session.Download.TryRelease(from + count);
            return;
        }

        session.Abort("A response was lost, and the client has sent no X-Offset with which it could be repeated.");
    }

    /// <summary>Writes retained bytes. They stay in the buffer.</summary>
    /// <returns>False if not all have been written; then the connection is aborted.</returns>
    private static async Task<bool> WriteAsync(
        HttpContext context, OffsetBuffer download, long from, int count, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = count;
        PipeWriter writer = context.Response.BodyWriter;
        long end = from + count;
        try
        {
            while (from < end)
            {
                Memory<byte> chunk = writer.GetMemory();
                int length = (int)Math.Min(Math.Min(chunk.Length, ChunkSize), end - from);
                int copied = download.CopyTo(from, chunk.Span[..length]);
                if (copied == 0)
                {
                    // The session broke, and its buffers were discarded.
                    context.Abort();
                    return false;
                }

                writer.Advance(copied);
                from += copied;
                FlushResult flushed = await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                if (flushed.IsCompleted && from < end)
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            context.Abort();
            return false;
        }
    }

    private static void RespondNothing(HttpContext context, long offset)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers[HttpSockFields.Offset] = Format(offset);
    }

    private static string Format(long offset) => offset.ToString(CultureInfo.InvariantCulture);
}
