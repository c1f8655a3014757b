using System.Buffers;
using System.Text;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Messages;

// Decision: docs/adr/0095-strict-messages.md
/// <summary>
/// Writes HTTP/1.1 messages. The framing is the writer's own: a Content-Length or Transfer-Encoding among the fields is not written.
/// Nothing that could end a line early is written, whatever the server that received the request accepts. Stateless.
/// </summary>
internal static class HttpMessageWriter
{
    /// <summary>Writes a complete request.</summary>
    /// <param name="request">The request. Its body and protocol are not used.</param>
    /// <param name="body">The body.</param>
    /// <param name="encoding">
    /// The encoding by which the values of fields were decoded, so that the bytes that the client has sent are written. Null for UTF-8, by
    /// which the HTTP server decodes them.
    /// </param>
    /// <param name="further">Fields of this hop, which are written after those of the request and the length.</param>
    /// <exception cref="MalformedHttpException">A part of the head cannot be written.</exception>
    public static byte[] WriteRequest(
        GatewayRequest request, ReadOnlySpan<byte> body, Encoding? encoding = null, params ReadOnlySpan<HttpField> further)
    {
        // RFC 9110, 8.6: a length of zero only where a body is expected.
        bool hasLength = !body.IsEmpty || request.ContentLength is 0 || request.Method is "POST" or "PUT" or "PATCH";
        ArrayBufferWriter<byte> writer = new(512 + body.Length);
        byte[] target = Encoding.UTF8.GetBytes(request.Target);
        Require(Http1HeadParser.IsToken(Encoding.UTF8.GetBytes(request.Method)), "a method that is a token");
        Require(Http1HeadParser.IsVisible(target) && target.Length > 0, "a request target of visible characters");
        Write(writer, request.Method);
        writer.Write(" "u8);
        writer.Write(target);
        writer.Write(" HTTP/1.1\r\n"u8);
        HttpField[] own = hasLength ? [MessageFields.Length(body.Length), .. further] : [.. further];
        WriteFields(writer, request.Fields, own, encoding ?? Encoding.UTF8);
        writer.Write(body);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a complete response that was read by <see cref="HttpMessageReader"/> or <see cref="HttpResponseReader"/>.</summary>
    /// <param name="response">The response. Hop-by-hop fields are not written. Its values are Latin 1, as the readers decode them.</param>
    /// <param name="requestMethod">The method of the request. The response to HEAD keeps the length that it states.</param>
    /// <exception cref="MalformedHttpException">A part of the head cannot be written.</exception>
    public static byte[] WriteResponse(HttpMessage response, string requestMethod)
    {
        ArrayBufferWriter<byte> writer = new(512 + response.Body.Length);
        Write(writer, $"HTTP/1.1 {response.Head.TargetOrStatus} ");
        byte[] phrase = Encoding.Latin1.GetBytes(response.Head.VersionOrReason);
        Require(Http1HeadParser.IsText(phrase), "a reason phrase without control characters");
        writer.Write(phrase);
        writer.Write("\r\n"u8);
        long? length = response.Framing.Kind != BodyKind.None ? response.Body.Length
            : requestMethod == "HEAD" ? BodyFraming.FindLength(response.Head.HeaderFields)
            : null;
        WriteFields(
            writer,
            MessageFields.SelectEndToEnd(response.Head.HeaderFields),
            length is { } stated ? [MessageFields.Length(stated)] : [],
            Encoding.Latin1);
        writer.Write(response.Body.Span);
        return writer.WrittenSpan.ToArray();
    }

    private static void WriteFields(
        IBufferWriter<byte> writer, IReadOnlyList<HttpField> fields, ReadOnlySpan<HttpField> further, Encoding encoding)
    {
        foreach (HttpField field in fields)
        {
            if (!MessageFields.IsFraming(field.Name))
            {
                WriteField(writer, field, encoding);
            }
        }

        foreach (HttpField field in further)
        {
            WriteField(writer, field, encoding);
        }

        writer.Write("\r\n"u8);
    }

    private static void WriteField(IBufferWriter<byte> writer, HttpField field, Encoding encoding)
    {
        byte[] name = Encoding.UTF8.GetBytes(field.Name);
        byte[] value = encoding.GetBytes(field.Value);
        Require(Http1HeadParser.IsToken(name), "a field name that is a token");
        Require(Http1HeadParser.IsText(value), "a field value without control characters");
        writer.Write(name);
        writer.Write(": "u8);
        writer.Write(value);
        writer.Write("\r\n"u8);
    }

    private static void Write(IBufferWriter<byte> writer, string text) => writer.Write(Encoding.UTF8.GetBytes(text));

    private static void Require(bool valid, string expected)
    {
        if (!valid)
        {
            throw new MalformedHttpException($"Expected {expected}, got other characters. The message is not written.");
        }
    }
}
