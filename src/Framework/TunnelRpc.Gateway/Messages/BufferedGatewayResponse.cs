using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Messages;

/// <summary>A response whose body is in memory.</summary>
internal sealed class BufferedGatewayResponse : GatewayResponse
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Creates the response of an HTTP/1.x message.</summary>
    public static BufferedGatewayResponse Of(HttpMessage message, string requestMethod)
        => Create(
            int.Parse(message.Head.TargetOrStatus, NumberStyles.None, CultureInfo.InvariantCulture),
            message.Head.VersionOrReason,
            message.Head.HeaderFields,
            message.Body,
            requestMethod);

    /// <summary>
    /// Creates a response. Hop-by-hop fields are removed, and the Content-Length is that of the body; the response to HEAD keeps the one
    /// that it states.
    /// </summary>
    public static BufferedGatewayResponse Create(
        int status,
        string? reason,
        IReadOnlyList<KeyValuePair<string, string>> fields,
        ReadOnlyMemory<byte> body,
        string requestMethod)
    {
        List<HttpField> selected = MessageFields.SelectEndToEnd(fields);
        bool isHead = requestMethod == "HEAD";
        bool hasBody = !isHead && status is not (204 or 304);
        if (hasBody)
        {
            selected.Add(MessageFields.Length(body.Length));
        }
        else if (isHead && BodyFraming.FindLength(fields) is { } length)
        {
            selected.Add(MessageFields.Length(length));
        }

        return new BufferedGatewayResponse
        {
            Status = status,
            Reason = string.IsNullOrEmpty(reason) ? null : reason,
            Fields = selected,
            Body = hasBody ? OpenBody(body) : null,
        };
    }

    /// <summary>Creates a response with a short text of the gateway.</summary>
    public static BufferedGatewayResponse Text(int status, string text, string requestMethod)
        => Create(status, null, [new("Content-Type", "text/plain; charset=utf-8")], Utf8.GetBytes(text), requestMethod);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Body?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static MemoryStream OpenBody(ReadOnlyMemory<byte> body)
        => MemoryMarshal.TryGetArray(body, out ArraySegment<byte> array) && array.Array is not null
            ? new MemoryStream(array.Array, array.Offset, array.Count, writable: false)
            : new MemoryStream(body.ToArray(), writable: false);
}
