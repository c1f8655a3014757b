using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using TunnelRpc.Gateway.Client.HttpSocks;

namespace TunnelRpc.Gateway.HttpSocks;

// Decision: docs/adr/0097-httpsock-offsets.md
/// <summary>Handles PUT: the client sends bytes to the application. Stateless.</summary>
internal static class HttpSockUpload
{
    private const int ChunkSize = 16 << 10;

    private enum Outcome
    {
        /// <summary>The whole body is in the buffer.</summary>
        Complete,

        /// <summary>A later PUT waits, or there was no progress for the hold time. A part of the body is in the buffer.</summary>
        Partial,

        /// <summary>The body broke off: the client has closed the connection, or sends too slowly.</summary>
        BrokenOff,

        /// <summary>The application does not read any more.</summary>
        Ended,

        /// <summary>There are bytes after the end of the stream.</summary>
        AfterEnd,
    }

    /// <summary>Responds with 204 when the body is in the buffer, whose capacity the application frees when it reads.</summary>
    /// <param name="context">The request.</param>
    /// <param name="session">Its session, which is not broken.</param>
    /// <param name="options">The options.</param>
    public static async Task HandleAsync(HttpContext context, HttpSockSession session, HttpSockServerOptions options)
    {
        if (!TryRead(context, HttpSockFields.Offset, out long? offset))
        {
            await HttpSockEndpoint.RefuseAsync(context, StatusCodes.Status400BadRequest, "Expected a number in X-Offset.")
                .ConfigureAwait(false);
            return;
        }

        using RequestSlot.Permit? permit = offset is null
            ? session.Puts.TryEnter()
            : await session.Puts.EnterAsync(context.RequestAborted).ConfigureAwait(false);
        OffsetBuffer upload = session.Upload;
        if (permit is null && offset <= upload.End)
        {
            // The client has repeated the request, and is not interested in this response.
            RespondAccepted(context, upload.End);
            return;
        }

        if (permit is null)
        {
            await RespondConflictAsync(context, upload.End, "Expected one PUT at a time, got another one.").ConfigureAwait(false);
            return;
        }

        long end = upload.End;
        if (offset > end)
        {
            await RespondConflictAsync(context, end, $"Expected an X-Offset of at most {end}, the accepted bytes, got {offset}.")
                .ConfigureAwait(false);
            return;
        }

        switch (await ReadBodyAsync(context, session, end - (offset ?? end), offset is not null, options, permit.Superseded)
            .ConfigureAwait(false))
        {
            case Outcome.Complete:
                if (context.Request.Headers[HttpSockFields.EndOfFile] == "1")
                {
                    upload.Complete();
                }

                RespondAccepted(context, upload.End);
                break;
            case Outcome.Partial when offset is not null:
                RespondAccepted(context, upload.End);
                break;
            case Outcome.AfterEnd:
                await RespondConflictAsync(context, upload.End, "Expected no bytes after X-EOF, got some.").ConfigureAwait(false);
                break;
            case Outcome.Ended:
                await HttpSockEndpoint.RefuseAsync(
                    context, StatusCodes.Status410Gone, session.Failure ?? "The application has ended the stream.").ConfigureAwait(false);
                break;
            default:
                if (offset is null)
                {
                    session.Abort("A body broke off, and the client has sent no X-Offset with which it could be repeated.");
                }

                context.Abort();
                break;
        }
    }

    /// <summary>Reads a field that is a number.</summary>
    /// <param name="context">The request.</param>
    /// <param name="field">The name of the field.</param>
    /// <param name="value">The number; null if there is no such field.</param>
    /// <returns>False if the field is not one number.</returns>
    public static bool TryRead(HttpContext context, string field, out long? value)
    {
        StringValues values = context.Request.Headers[field];
        value = null;
        if (values.Count == 0)
        {
            return true;
        }

        if (values.Count > 1 || !HttpSockFields.TryParse(values[0], out long number))
        {
            return false;
        }

        value = number;
        return true;
    }

    /// <summary>Moves the body to the buffer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="session">Its session.</param>
    /// <param name="skip">The number of bytes at the start of the body that were accepted before.</param>
    /// <param name="mayBePartial">Whether the client continues from the offset that the response has.</param>
    /// <param name="options">The options.</param>
    /// <param name="superseded">Cancelled when a later PUT waits.</param>
    private static async Task<Outcome> ReadBodyAsync(
        HttpContext context,
        HttpSockSession session,
        long skip,
        bool mayBePartial,
        HttpSockServerOptions options,
        CancellationToken superseded)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The body is never in memory as a whole.
            size.MaxRequestBodySize = null;
        }

        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
        using var hold = new CancellationTokenSource(
            mayBePartial ? options.HoldTime : Timeout.InfiniteTimeSpan, options.TimeProvider);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            [hold.Token, superseded, session.Aborted, context.RequestAborted]);
        try
        {
            while (true)
            {
                int count;
                try
                {
                    count = await context.Request.Body.ReadAsync(chunk.AsMemory(0, ChunkSize), ended.Token).ConfigureAwait(false);
                }
                catch (IOException)
                {
                    return Outcome.BrokenOff;
                }

                if (count == 0)
                {
                    return Outcome.Complete;
                }

                int skipped = (int)Math.Min(skip, count);
                skip -= skipped;
                if (skipped < count)
                {
                    if (session.Upload.IsCompleted)
                    {
                        return Outcome.AfterEnd;
                    }

                    await session.Upload.WriteAsync(chunk.AsMemory(skipped, count - skipped), ended.Token).ConfigureAwait(false);
                }

                if (mayBePartial)
                {
                    hold.CancelAfter(options.HoldTime);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return context.RequestAborted.IsCancellationRequested ? Outcome.BrokenOff
                : session.Aborted.IsCancellationRequested ? Outcome.Ended
                : Outcome.Partial;
        }
        catch (IOException)
        {
            return Outcome.Ended;
        }
        catch (InvalidOperationException) when (session.Upload.IsCompleted)
        {
            // The session was deleted during the wait.
            return Outcome.Ended;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static void RespondAccepted(HttpContext context, long offset)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers[HttpSockFields.Offset] = offset.ToString(CultureInfo.InvariantCulture);
    }

    private static Task RespondConflictAsync(HttpContext context, long offset, string message)
    {
        context.Response.Headers[HttpSockFields.Offset] = offset.ToString(CultureInfo.InvariantCulture);
        return HttpSockEndpoint.RefuseAsync(context, StatusCodes.Status409Conflict, message);
    }
}
