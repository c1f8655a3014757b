using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Messages;

// Decision: docs/adr/0095-strict-messages.md
/// <summary>
/// Reads complete HTTP/1.x messages out of bytes, as the bodies of <c>message/http</c> are. Strict: the message must end with the bytes,
/// and <see cref="Http1HeadParser"/> and <see cref="BodyFraming"/> must accept it. One leniency: a response without a length has the rest
/// of the bytes as its body. Stateless.
/// </summary>
internal static class HttpMessageReader
{
    /// <summary>Reads a response. Interim responses before it are skipped; a response 101 is refused.</summary>
    /// <param name="bytes">The message. A body that is not chunked refers to them.</param>
    /// <param name="requestMethod">The method of the request, which decides whether a body follows.</param>
    /// <exception cref="MalformedHttpException">The bytes are not one response.</exception>
    public static HttpMessage ReadResponse(ReadOnlyMemory<byte> bytes, string requestMethod)
    {
        for (int interim = 0; interim <= MessageRules.MaxInterimResponses; interim++)
        {
            Http1Head head = ReadHead(bytes.Span, isRequest: false, out int consumed);
            bytes = bytes[consumed..];
            if (head.TargetOrStatus == "101")
            {
                throw new MalformedHttpException("Expected a response of an ordinary request, got the status 101 (Switching Protocols).");
            }

            BodyFraming framing = BodyFraming.OfResponse(head, requestMethod);
            if (head.TargetOrStatus[0] != '1')
            {
                return new HttpMessage(head, framing, ReadBody(bytes, framing));
            }
        }

        throw new MalformedHttpException($"Expected at most {MessageRules.MaxInterimResponses} interim responses, got more.");
    }

    /// <summary>
    /// Reads a request in origin form with one valid Host. CONNECT, and "*" with another method than OPTIONS, are refused, and so are POST
    /// and PUT of HTTP/1.0 without a length.
    /// </summary>
    /// <param name="bytes">The message. A body that is not chunked refers to them.</param>
    /// <exception cref="MalformedHttpException">The bytes are not one request.</exception>
    public static HttpMessage ReadRequest(ReadOnlyMemory<byte> bytes)
    {
        Http1Head head = ReadHead(bytes.Span, isRequest: true, out int consumed);
        RequireTarget(head.MethodOrVersion, head.TargetOrStatus);
        RequireHost(head);
        BodyFraming framing = BodyFraming.OfRequest(head);
        if (framing.Kind == BodyKind.None && head is { VersionOrReason: "HTTP/1.0", MethodOrVersion: "POST" or "PUT" })
        {
            throw new MalformedHttpException($"Expected a Content-Length in a {head.MethodOrVersion} of HTTP/1.0, got none.");
        }

        return new HttpMessage(head, framing, ReadBody(bytes[consumed..], framing));
    }

    private static Http1Head ReadHead(ReadOnlySpan<byte> bytes, bool isRequest, out int consumed)
        => Http1HeadParser.TryParse(bytes, isRequest, MessageRules.Heads, out Http1Head? head, out consumed)
            ? head
            : throw new MalformedHttpException("Expected a head with an empty line after it, but the message ended before.");

    // What another parser could take for a tunnel, for the server itself, or for the end of a text is refused.
    private static void RequireTarget(string method, string target)
    {
        if (method == "CONNECT" || (target[0] != '/' && (target != "*" || method != "OPTIONS")))
        {
            throw new MalformedHttpException("Expected a request target that starts with a slash, got another form or a CONNECT.");
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        if (target.AsSpan(0, query < 0 ? target.Length : query).Contains("%00", StringComparison.Ordinal))
        {
            throw new MalformedHttpException("Expected a path without an escaped NUL, got one.");
        }
    }

    // A request of HTTP/1.0 may have no Host; none may have two, which two programs could resolve differently (RFC 9112, 3.2).
    private static void RequireHost(Http1Head head)
    {
        int count = 0;
        foreach ((string name, string value) in head.HeaderFields)
        {
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                count++;
                if (!HostAndPort.TryParse(value, out _))
                {
                    throw new MalformedHttpException("Expected a host and an optional port in the Host field, got another value.");
                }
            }
        }

        if (count > 1 || (count == 0 && head.VersionOrReason == "HTTP/1.1"))
        {
            throw new MalformedHttpException($"Expected one Host field, got {count}.");
        }
    }

    private static ReadOnlyMemory<byte> ReadBody(ReadOnlyMemory<byte> bytes, BodyFraming framing)
    {
        switch (framing.Kind)
        {
            case BodyKind.UntilEnd:
                return bytes;
            case BodyKind.Chunked:
                return DecodeChunks(bytes.Span);
            default:
                return bytes.Length == framing.Length
                    ? bytes
                    : throw new MalformedHttpException(
                        $"Expected a body of {framing.Length} bytes and then the end of the message, got {bytes.Length} bytes.");
        }
    }

    private static byte[] DecodeChunks(ReadOnlySpan<byte> bytes)
    {
        // The data is shorter than its encoding.
        byte[] body = new byte[bytes.Length];
        ChunkedDecoder decoder = new();
        (int consumed, int written) = decoder.Decode(bytes, body);
        return decoder.IsEnd && consumed == bytes.Length
            ? body[..written]
            : throw new MalformedHttpException(decoder.IsEnd
                ? "Expected the end of the message after the last chunk, got more bytes."
                : "Expected the last chunk of the body, but the message ended before.");
    }
}
