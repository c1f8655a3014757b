using System.Net;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Forwarding;

/// <summary>The body of a request as it arrives through the tunnel: each piece is flushed to the server. Sent once.</summary>
/// <param name="body">The parts.</param>
/// <param name="length">The length in bytes; null when it is unknown.</param>
/// <param name="record">Counts the bytes.</param>
internal sealed class OriginRequestContent(IAsyncEnumerable<HttpOriginPart> body, long? length, ExchangeRecord record) : HttpContent
{
    /// <summary>Writes the pieces of a body to a stream. Trailers are left out, since HTTP/1.1 servers rarely expect them.</summary>
    public static async Task CopyAsync(
        IAsyncEnumerable<HttpOriginPart> body, Stream stream, ExchangeRecord record, bool flushFirst, CancellationToken cancellationToken)
    {
        IAsyncEnumerator<HttpOriginPart> parts = body.GetAsyncEnumerator(cancellationToken);
        await using (parts.ConfigureAwait(false))
        {
            Task<bool> first = parts.MoveNextAsync().AsTask();
            if (flushFirst && !first.IsCompleted)
            {
                // The server gets the head before the body has begun.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            bool any = await first.ConfigureAwait(false);
            while (any)
            {
                if (parts.Current.Data is { Length: > 0 } data)
                {
                    record.AddRequestBytes(data.Length);
                    await stream.WriteAsync(data, cancellationToken).ConfigureAwait(false);
                    await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                any = await parts.MoveNextAsync().ConfigureAwait(false);
            }
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        CopyAsync(body, stream, record, flushFirst: true, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        CopyAsync(body, stream, record, flushFirst: true, cancellationToken);

    protected override bool TryComputeLength(out long computed)
    {
        computed = length ?? 0;
        return length is not null;
    }
}
