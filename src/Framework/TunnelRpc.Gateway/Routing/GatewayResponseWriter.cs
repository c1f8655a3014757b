using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Inspection;

namespace TunnelRpc.Gateway.Routing;

/// <summary>
/// Writes the response of an origin to the client. Origins are not trusted: what is not HTTP is not passed on. Stateless.
/// </summary>
internal static class GatewayResponseWriter
{
    private const int BufferSize = HttpFieldRules.PieceSize;

    /// <summary>Whether the connection carries bytes in both directions after the head.</summary>
    public static bool IsTunnel(GatewayRequest request, GatewayResponse response) =>
        request.Protocol is not null && HttpMethods.IsConnect(request.Method)
            ? response.Status is >= 200 and < 300
            : response.Status == StatusCodes.Status101SwitchingProtocols;

    /// <summary>Writes head, body and trailers; of an upgraded connection, copies both directions until the origin ends it.</summary>
    /// <returns>Why the response is not whole; null if it is.</returns>
    /// <exception cref="GatewayOriginException">The head is not HTTP. Nothing was written.</exception>
    /// <exception cref="IOException">The origin or the client has broken off.</exception>
    public static async Task<string?> WriteAsync(
        HttpContext context,
        GatewayRequest request,
        GatewayResponse response,
        int maxHeadSize,
        InspectedExchange? inspected,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        bool isConnect = request.Protocol is not null && HttpMethods.IsConnect(request.Method);
        bool isUpgrade = response.Status == StatusCodes.Status101SwitchingProtocols;
        bool isTunnel = IsTunnel(request, response);
        if (response.Status is < 200 or > 999 && !(isUpgrade && request.Protocol is not null && !isConnect))
        {
            throw Bad($"Expected a status from 200 to 999, or 101 for an upgrade, got {response.Status}.");
        }

        long? length = CheckHead(response, maxHeadSize, isTunnel);
        SetHead(context.Response, response, isTunnel);
        inspected?.OnHead(response);
        if (isTunnel)
        {
            Stream origin = response.Body ?? throw Bad("Expected a stream in both directions after an upgrade, got none.");
            await new UpgradedConnection(context, response, origin, inspected, timeProvider)
                .RunAsync(isConnect, cancellationToken).ConfigureAwait(false);
            return null;
        }

        if (response.Body is null || HttpMethods.IsHead(request.Method)
            || response.Status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)
        {
            await context.Response.StartAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }

        long count = await CopyBodyAsync(context.Response, response.Body, length, inspected, cancellationToken).ConfigureAwait(false);
        if (length is not null && count != length)
        {
            throw new IOException($"Expected a body of {length} bytes (Content-Length), got {count}.");
        }

        AddTrailers(context.Response, response);
        return null;
    }

    /// <summary>Checks the fields, and returns the Content-Length; null for none.</summary>
    private static long? CheckHead(GatewayResponse response, int maxHeadSize, bool isTunnel)
    {
        long size = 0;
        long? length = null;
        foreach ((string name, string value) in response.Fields)
        {
            size += name.Length + value.Length + 4;
            if (size > maxHeadSize)
            {
                throw Bad(
                    $"Expected a head of at most {maxHeadSize} bytes (limit {nameof(TunnelGatewayOptions.MaxResponseHeadSize)}), got a "
                    + "larger one.");
            }

            if (!HttpFieldRules.IsToken(name) || !HttpFieldRules.IsValue(value))
            {
                throw Bad("Expected fields with a token as name and without control characters in the value (RFC 9110, 5), got another.");
            }

            if (!isTunnel && name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                if (length is not null || !HttpFieldRules.TryParseLength(value, out long parsed))
                {
                    throw Bad("Expected one Content-Length of digits, got another (RFC 9110, 8.6).");
                }

                length = parsed;
            }
        }

        return length;
    }

    private static void SetHead(HttpResponse target, GatewayResponse response, bool isTunnel)
    {
        target.StatusCode = response.Status;
        if (response.Reason is { } reason && HttpFieldRules.IsValue(reason) && IsAscii(reason)
            && target.HttpContext.Features.Get<IHttpResponseFeature>() is { } feature)
        {
            feature.ReasonPhrase = reason;
        }

        string[] connection =
        [
            .. response.Fields.Where(f => f.Name.Equals("Connection", StringComparison.OrdinalIgnoreCase)).Select(f => f.Value),
        ];
        foreach ((string name, string value) in response.Fields)
        {
            bool isProtocol = isTunnel && name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase);
            if ((HttpFieldRules.IsHopByHop(name) && !isProtocol)
                || HttpFieldRules.IsNamedBy(connection, name)
                || (isTunnel && name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                || (response.Status == StatusCodes.Status204NoContent && name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            Append(target.Headers, name, value);
        }
    }

    private static void Append(IHeaderDictionary headers, string name, string value)
    {
        StringValues values = StringValues.Concat(headers[name], value);
        try
        {
            headers[name] = values;
        }
        catch (InvalidOperationException) when (!IsAscii(value))
        {
            // Kestrel sends ASCII only, unless its ResponseHeaderEncodingSelector says otherwise.
            headers[name] = StringValues.Concat(headers[name], string.Create(value.Length, value, static (span, text) =>
            {
                for (int i = 0; i < span.Length; i++)
                {
                    span[i] = text[i] <= '~' ? text[i] : '?';
                }
            }));
        }
    }

    private static async Task<long> CopyBodyAsync(
        HttpResponse response, Stream body, long? length, InspectedExchange? inspected, CancellationToken cancellationToken)
    {
        // The head is sent before the body has begun: its client may wait for it.
        PipeWriter writer = response.BodyWriter;
        long total = 0;
        bool isStarted = false;
        while (true)
        {
            // An idle response holds no buffer.
            if (isStarted)
            {
                await body.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                Task<int> first = body.ReadAsync(Memory<byte>.Empty, cancellationToken).AsTask();
                if (!first.IsCompleted)
                {
                    await response.StartAsync(cancellationToken).ConfigureAwait(false);
                    await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                await first.ConfigureAwait(false);
                isStarted = true;
            }

            Memory<byte> memory = writer.GetMemory(BufferSize);
            int count = await body.ReadAsync(memory, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return total;
            }

            total += count;
            if (total > length)
            {
                throw new IOException($"Expected a body of {length} bytes (Content-Length), got more.");
            }

            inspected?.AddResponseBody(memory.Span[..count]);
            writer.Advance(count);
            FlushResult flushed = await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                throw new IOException("The client has disconnected.");
            }
        }
    }

    private static void AddTrailers(HttpResponse response, GatewayResponse origin)
    {
        if (origin.GetTrailers() is not { } trailers || !response.SupportsTrailers())
        {
            return;
        }

        foreach ((string name, string value) in trailers)
        {
            if (HttpFieldRules.IsToken(name) && HttpFieldRules.IsValue(value) && IsAscii(value) && !HttpFieldRules.IsHopByHop(name))
            {
                response.AppendTrailer(name, value);
            }
        }
    }

    private static bool IsAscii(string text) => text.AsSpan().IndexOfAnyExceptInRange('\t', '~') < 0;

    private static GatewayOriginException Bad(string message) => new(GatewayFailure.BadResponse, message);
}
