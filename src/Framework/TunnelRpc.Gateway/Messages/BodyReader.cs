using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TunnelRpc.Gateway.Messages;

/// <summary>Reads bodies into memory, up to a limit. Stateless.</summary>
internal static class BodyReader
{
    private const int MinBufferBytes = 4096;

    /// <summary>Reads a stream to its end; returns null when it has more than <paramref name="limit"/> bytes.</summary>
    public static async ValueTask<byte[]?> ReadAsync(Stream body, int limit, CancellationToken cancellationToken)
    {
        (byte[] bytes, bool isWhole) = await ReadStartAsync(body, limit, cancellationToken).ConfigureAwait(false);
        return isWhole ? bytes : null;
    }

    /// <summary>
    /// Reads the body of a request; returns null when it is larger than <paramref name="limit"/>. The HTTP server's own limit is replaced.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body is malformed, or arrives too slowly.</exception>
    public static async ValueTask<byte[]?> ReadAsync(HttpContext context, int limit)
    {
        if (context.Request.ContentLength > limit)
        {
            return null;
        }

        (byte[] bytes, bool isWhole) = await ReadStartAsync(context, limit).ConfigureAwait(false);
        return isWhole ? bytes : null;
    }

    /// <summary>
    /// Reads the body of a request, or the first <paramref name="limit"/> bytes of a larger one. The HTTP server's own limit is replaced.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body is malformed, or arrives too slowly.</exception>
    public static ValueTask<(byte[] Bytes, bool IsWhole)> ReadStartAsync(HttpContext context, int limit)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = null;
        }

        return ReadStartAsync(context.Request.Body, limit, context.RequestAborted);
    }

    private static async ValueTask<(byte[] Bytes, bool IsWhole)> ReadStartAsync(
        Stream body, int limit, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MinBufferBytes);
        int length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(2 * length);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                int read = await body.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                length += read;
                if (read == 0 || length > limit)
                {
                    return (buffer.AsSpan(0, Math.Min(length, limit)).ToArray(), length <= limit);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
