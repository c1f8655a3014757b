using System.Buffers;
using System.IO.Pipelines;

namespace TunnelRpc.Transports.Http2Post;

// Decisions: docs/adr/0050-http2-post-probes-its-request.md, docs/adr/0080-a-second-probe.md
/// <summary>
/// Proves that the request's body streams: the client writes a few bytes, the server returns them in the response at once, and the client
/// does it once more when they have arrived. Both sides announce that they do so with a header, so a peer without it works, too. Specified
/// in docs/protocol.md. Stateless.
/// </summary>
internal static class StreamProbe
{
    /// <summary>The header of the request and of the response that announces the probe.</summary>
    public const string HeaderName = "TunnelRpc-Probe";

    /// <summary>The only value of <see cref="HeaderName"/>: the number of probes.</summary>
    public const string HeaderValue = "2";

    // One after the other: the first may pass a buffer that the exchange's own head has flushed.
    private const int Count = 2;

    /// <summary>The maximum time for which the server waits for a probe.</summary>
    public static readonly TimeSpan ServerTimeout = TimeSpan.FromSeconds(10);

    private static readonly byte[] Bytes = [.. "TunnelRpc probe\n"u8];

    /// <summary>Writes each probe on the client and reads it back.</summary>
    /// <exception cref="TransportException">The response ended or has other bytes.</exception>
    public static async Task SendAndVerifyAsync(Stream outgoing, Stream incoming, CancellationToken cancellationToken)
    {
        for (int i = 0; i < Count; i++)
        {
            await SendAndVerifyOneAsync(outgoing, incoming, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads each probe on the server and returns it.</summary>
    /// <exception cref="TransportException">A probe did not arrive in time, or other bytes arrived.</exception>
    public static async ValueTask ReturnAsync(IHttpExchange exchange, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        for (int i = 0; i < Count; i++)
        {
            await ReturnOneAsync(exchange, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task SendAndVerifyOneAsync(Stream outgoing, Stream incoming, CancellationToken cancellationToken)
    {
        byte[] returned = new byte[Bytes.Length];
        int read;
        try
        {
            await outgoing.WriteAsync(Bytes, cancellationToken).ConfigureAwait(false);
            await outgoing.FlushAsync(cancellationToken).ConfigureAwait(false);
            read = await incoming.ReadAtLeastAsync(returned, returned.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransportException(
                $"http2-post: the exchange broke before the server had returned its first bytes: {exception.Message}", exception);
        }

        if (!returned.AsSpan(0, read).SequenceEqual(Bytes))
        {
            throw new TransportException(read < Bytes.Length
                ? "http2-post: the server or an intermediary ended the response before the request's first bytes had been returned."
                : "http2-post: expected the request's first bytes in the response, got others: an intermediary changed one of the two.");
        }
    }

    private static async ValueTask ReturnOneAsync(IHttpExchange exchange, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(ServerTimeout, timeProvider);
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, exchange.RequestAborted, cancellationToken);
        ReadResult result;
        try
        {
            result = await exchange.RequestBody.ReadAtLeastAsync(Bytes.Length, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TransportException(
                $"http2-post: expected {Bytes.Length} bytes of the request within {ServerTimeout.TotalSeconds:0} s, got fewer: an "
                    + "intermediary buffers the request.");
        }

        if (result.Buffer.Length < Bytes.Length || !result.Buffer.Slice(0, Bytes.Length).ToArray().AsSpan().SequenceEqual(Bytes))
        {
            exchange.RequestBody.AdvanceTo(result.Buffer.End);
            throw new TransportException("http2-post: expected the probe that the request's header announces, got other bytes or the end.");
        }

        exchange.RequestBody.AdvanceTo(result.Buffer.GetPosition(Bytes.Length));
        await exchange.ResponseBody.WriteAsync(Bytes, cancellationToken).ConfigureAwait(false);
    }
}
