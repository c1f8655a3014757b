using System.Buffers;
using System.Text;
using System.Text.Json;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Comet;

/// <summary>The JSON of the Comet dialect: a request for a program, and the program's answer. Stateless.</summary>
internal static class CometMessage
{
    private const string Version = "PTTH/0.9";
    private const int MaxDepth = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Writes a request. A body that is not UTF-8 is written as base64, with a "body-encoding".</summary>
    public static byte[] WriteRequest(QueuedRequest queued)
    {
        ArrayBufferWriter<byte> buffer = new(512 + queued.Body.Length);
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("message-id", queued.Id);
            writer.WriteString("method", queued.Request.Method);
            writer.WriteString("request-uri", queued.Request.Target);
            writer.WriteString("http-version", Version);
            writer.WriteStartArray("headers");
            foreach (HttpField field in queued.Request.Fields)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(field.Name);
                writer.WriteStringValue(field.Value);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            if (TryDecode(queued.Body.Span) is { } text)
            {
                writer.WriteString("body", text);
            }
            else
            {
                writer.WriteBase64String("body", queued.Body.Span);
                writer.WriteString("body-encoding", "base64");
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the JSON of an answer, also with single quotes.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static JsonDocument Parse(ReadOnlySpan<byte> text) => JsonDocument.Parse(LenientJson.WithDoubleQuotes(text), Options);

    /// <summary>Returns the message-id of an answer; null when there is none, as in <c>{}</c>.</summary>
    public static string? FindId(JsonElement answer)
        => answer.ValueKind == JsonValueKind.Object
            && answer.TryGetProperty("message-id", out JsonElement id)
            && id.ValueKind == JsonValueKind.String
            ? id.GetString()
            : null;

    /// <summary>
    /// Returns the message-id of an answer of which only the start was read; null when there is none before a value that is not whole.
    /// </summary>
    public static string? FindIdAtStart(ReadOnlySpan<byte> text)
    {
        Utf8JsonReader reader = new(
            LenientJson.WithDoubleQuotes(text),
            isFinalBlock: false,
            new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            bool isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isId = reader.ValueTextEquals("message-id"u8);
                if (isId && reader.Read())
                {
                    return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }

                if (isId || !reader.TrySkip())
                {
                    return null;
                }
            }
        }
        catch (JsonException)
        {
            // The start is not JSON, so it has no id.
        }

        return null;
    }

    /// <summary>Reads the response in an answer.</summary>
    /// <exception cref="MalformedHttpException">It is not a response of HTTP.</exception>
    public static BufferedGatewayResponse ReadResponse(JsonElement answer, string requestMethod)
    {
        if (!answer.TryGetProperty("status", out JsonElement status)
            || status.ValueKind != JsonValueKind.Number
            || !status.TryGetInt32(out int code)
            || code is < 200 or > 599)
        {
            throw new MalformedHttpException("Expected a \"status\" from 200 to 599, got another value or none.");
        }

        string? reason = FindText(answer, "reason");
        RequireText(reason ?? string.Empty);
        List<KeyValuePair<string, string>> fields = ReadFields(answer);
        byte[] body = ReadBody(answer);

        // The same checks as for a message of HTTP: one length, which is that of the body, and no coding beside it.
        Http1Head head = new("HTTP/1.1", $"{code}", reason ?? string.Empty, fields);
        BodyFraming framing = BodyFraming.OfResponse(head, requestMethod);
        if (framing.Kind == BodyKind.Length && framing.Length != body.Length)
        {
            throw new MalformedHttpException($"Expected a body of {framing.Length} bytes (Content-Length), got {body.Length}.");
        }

        return BufferedGatewayResponse.Create(code, reason, fields, body, requestMethod);
    }

    private static List<KeyValuePair<string, string>> ReadFields(JsonElement answer)
    {
        List<KeyValuePair<string, string>> fields = [];
        if (!answer.TryGetProperty("headers", out JsonElement headers))
        {
            return fields;
        }

        if (headers.ValueKind != JsonValueKind.Array || headers.GetArrayLength() > MessageRules.MaxHeaderFields)
        {
            throw new MalformedHttpException($"Expected \"headers\" to be an array of at most {MessageRules.MaxHeaderFields}.");
        }

        foreach (JsonElement field in headers.EnumerateArray())
        {
            if (field.ValueKind != JsonValueKind.Array
                || field.GetArrayLength() != 2
                || field[0].ValueKind != JsonValueKind.String
                || field[1].ValueKind != JsonValueKind.String)
            {
                throw new MalformedHttpException("Expected each of \"headers\" to be an array of a name and a value.");
            }

            string name = field[0].GetString()!;
            string value = field[1].GetString()!;
            if (!Http1HeadParser.IsToken(Encoding.UTF8.GetBytes(name)))
            {
                throw new MalformedHttpException("Expected a field name that is a token (RFC 9110, 5.6.2), got another one.");
            }

            RequireText(value);
            fields.Add(new(name, value.Trim(' ', '\t')));
        }

        return fields;
    }

    private static void RequireText(string text)
    {
        if (!Http1HeadParser.IsText(Encoding.UTF8.GetBytes(text)))
        {
            throw new MalformedHttpException("Expected field values and a reason without control characters, got one.");
        }
    }

    private static byte[] ReadBody(JsonElement answer)
    {
        string text = FindText(answer, "body") ?? string.Empty;
        switch (FindText(answer, "body-encoding"))
        {
            case null:
                return Encoding.UTF8.GetBytes(text);
            case "base64":
                byte[] buffer = new byte[text.Length];
                return Convert.TryFromBase64String(text, buffer, out int length)
                    ? buffer[..length]
                    : throw new MalformedHttpException("Expected a \"body\" in base64, got other characters.");
            default:
                throw new MalformedHttpException("Expected the \"body-encoding\" \"base64\" or none, got another one.");
        }
    }

    private static string? FindText(JsonElement answer, string name)
        => !answer.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
            : value.ValueKind == JsonValueKind.String ? value.GetString()
            : throw new MalformedHttpException($"Expected \"{name}\" to be a string, got another kind of value.");

    private static string? TryDecode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
