using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.ReverseHttp;

/// <summary>
/// A connection on which the server sends requests and the program behind the gateway answers, one at a time. It takes the requests of its
/// name from a queue that all connections of the name share. Used by one caller.
/// </summary>
/// <param name="stream">The connection; not owned.</param>
/// <param name="requests">The requests of the name.</param>
/// <param name="time">The clock.</param>
internal sealed class PtthConnection(Stream stream, RequestQueue requests, TimeProvider time)
{
    /// <summary>
    /// The time to write the rest of a request whose response is complete. A program that does not read the rest gets no other request on
    /// the connection.
    /// </summary>
    private static readonly TimeSpan LateWriteTimeout = TimeSpan.FromSeconds(5);

    private const string BadText = "The program behind the gateway broke off, or did not answer with valid HTTP.";

    /// <summary>Sends requests until the program disconnects, breaks the protocol, or the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using Http1ReadBuffer buffer = new(MessageRules.Heads);
        Task<bool> fill = Task.FromResult(false);
        try
        {
            bool isReusable = true;
            while (isReusable)
            {
                // The read that will receive the response shows the end of an idle connection.
                fill = buffer.FillAsync(stream, ended.Token).AsTask();
                if (await TakeAsync(fill, ended.Token).ConfigureAwait(false) is not { } queued)
                {
                    return;
                }

                isReusable = await ExchangeAsync(queued, buffer, fill, ended.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            // The buffer is not disposed while a read writes into it.
            await ended.CancelAsync().ConfigureAwait(false);
            await ((Task)fill).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Takes the next request. Returns null when the connection or the claim has ended.
    private async ValueTask<QueuedRequest?> TakeAsync(Task<bool> fill, CancellationToken cancellationToken)
    {
        using CancellationTokenSource idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<PollResult> poll = requests.PollAsync(Timeout.InfiniteTimeSpan, idle.Token).AsTask();

        // What a program sends without a request is no response to anything: it ends the connection, as its close does.
        bool isSilent = await Task.WhenAny(poll, fill).ConfigureAwait(false) == poll;
        await idle.CancelAsync().ConfigureAwait(false);
        PollResult result;
        try
        {
            result = await poll.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        if (result.Request is { } queued && (!isSilent || fill.IsCompleted))
        {
            requests.ReturnUndelivered(queued, nothingSent: true);
            return null;
        }

        return result.Request;
    }

    // Returns whether the connection can carry another request.
    private async ValueTask<bool> ExchangeAsync(
        QueuedRequest queued, Http1ReadBuffer buffer, Task<bool> fill, CancellationToken cancellationToken)
    {
        byte[] message;
        try
        {
            message = HttpMessageWriter.WriteRequest(queued.Request, queued.Body.Span, null, PtthUpgrade.GetFields(queued.Request));
        }
        catch (MalformedHttpException malformed)
        {
            requests.TryFail(queued, GatewayFailure.BadResponse, malformed.Message);
            return false;
        }

        using CancellationTokenSource exchange = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task write = WriteAsync(message, exchange.Token);
        Task<(Http1Head Head, BodyFraming Framing)> read = ReadHeadAsync(queued.Request, buffer, fill, exchange.Token);
        try
        {
            // A client that has left, or the timeout, completes the request. Its response must not be taken for that of the next one, so
            // the connection ends.
            if (await Task.WhenAny(read, queued.Response).ConfigureAwait(false) != read)
            {
                return false;
            }

            (Http1Head head, BodyFraming framing) = await read.ConfigureAwait(false);
            PtthResponse response = head.TargetOrStatus == "101"
                ? PtthResponse.CreateUpgraded(head, stream, buffer)
                : PtthResponse.Create(head, framing, stream, buffer, queued.Request.Method);
            if (!requests.TryAnswer(queued, response))
            {
                return false;
            }

            // The router disposes the response, so this ends. An upgraded connection is never complete: it ends with its exchange.
            if (!await response.Completion.ConfigureAwait(false)
                || framing.Kind == BodyKind.UntilEnd
                || !IsPersistent(head)
                || !buffer.Unconsumed.IsEmpty)
            {
                return false;
            }

            // The response may be complete before the write of the request has returned, or because the program does not need the rest.
            await write.WaitAsync(LateWriteTimeout, time, exchange.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is MalformedHttpException or IOException or OperationCanceledException or TimeoutException)
        {
            requests.TryFail(queued, GatewayFailure.BadResponse, BadText);
            return false;
        }
        finally
        {
            await exchange.CancelAsync().ConfigureAwait(false);
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WriteAsync(byte[] message, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<(Http1Head Head, BodyFraming Framing)> ReadHeadAsync(
        GatewayRequest request, Http1ReadBuffer buffer, Task<bool> fill, CancellationToken cancellationToken)
    {
        if (!await fill.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new IOException("Expected a response, but the program behind the gateway closed its connection.");
        }

        return await HttpResponseReader.ReadHeadAsync(
            buffer, stream, request.Method, request.Protocol is not null, cancellationToken).ConfigureAwait(false);
    }

    // RFC 9112, 9.3.
    private static bool IsPersistent(Http1Head head)
        => head.MethodOrVersion == "HTTP/1.1"
            && !head.HeaderFields.Any(field => field.Key.Equals("Connection", StringComparison.OrdinalIgnoreCase)
                && field.Value.Split(',', StringSplitOptions.TrimEntries).Contains("close", StringComparer.OrdinalIgnoreCase));
}
