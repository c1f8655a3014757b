using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Messages;

// Decision: docs/adr/0095-strict-messages.md
/// <summary>Reads responses from connections, as strictly as <see cref="HttpMessageReader"/> reads them from bytes. Stateless.</summary>
internal static class HttpResponseReader
{
    /// <summary>Reads the head of a response. Interim responses before it are skipped.</summary>
    /// <param name="buffer">The bytes that were read from the connection. What follows the head stays in it.</param>
    /// <param name="stream">The connection.</param>
    /// <param name="requestMethod">The method of the request, which decides whether a body follows.</param>
    /// <param name="isUpgrade">Whether the request asked for an upgrade, so that the status may be 101.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="MalformedHttpException">The bytes are not a response, or the connection ended inside the head.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async ValueTask<(Http1Head Head, BodyFraming Framing)> ReadHeadAsync(
        Http1ReadBuffer buffer, Stream stream, string requestMethod, bool isUpgrade, CancellationToken cancellationToken)
    {
        for (int interim = 0; interim <= MessageRules.MaxInterimResponses; interim++)
        {
            Http1Head head = await buffer.ReadHeadAsync(stream, isRequest: false, cancellationToken).ConfigureAwait(false);
            if (head.TargetOrStatus == "101")
            {
                return isUpgrade
                    ? (head, default)
                    : throw new MalformedHttpException(
                        "Expected a response of an ordinary request, got the status 101 (Switching Protocols).");
            }

            BodyFraming framing = BodyFraming.OfResponse(head, requestMethod);
            if (head.TargetOrStatus[0] != '1')
            {
                return (head, framing);
            }
        }

        throw new MalformedHttpException($"Expected at most {MessageRules.MaxInterimResponses} interim responses, got more.");
    }

    /// <summary>Reads the only response of a connection. Bytes after it are not read.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="requestMethod">The method of the request.</param>
    /// <param name="maxBodyBytes">The maximum size of the body in bytes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The response; null when its body is larger than <paramref name="maxBodyBytes"/>.</returns>
    /// <exception cref="MalformedHttpException">The bytes are not a response, or the connection ended inside the head.</exception>
    /// <exception cref="IOException">The connection ended inside the body, or it broke, or the chunks are malformed.</exception>
    public static async ValueTask<HttpMessage?> ReadAsync(
        Stream stream, string requestMethod, int maxBodyBytes, CancellationToken cancellationToken)
    {
        using Http1ReadBuffer buffer = new(MessageRules.Heads);
        (Http1Head head, BodyFraming framing) =
            await ReadHeadAsync(buffer, stream, requestMethod, isUpgrade: false, cancellationToken).ConfigureAwait(false);
        if (framing.Kind == BodyKind.None)
        {
            return new HttpMessage(head, framing, default);
        }

        if (framing.Length > maxBodyBytes)
        {
            return null;
        }

        Stream body = new MessageBody(stream, buffer, framing, static () => { });
        await using (body.ConfigureAwait(false))
        {
            return await BodyReader.ReadAsync(body, maxBodyBytes, cancellationToken).ConfigureAwait(false) is { } bytes
                ? new HttpMessage(head, framing, bytes)
                : null;
        }
    }
}
