using System.Globalization;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>The framing of a body, which determines its end (RFC 9112, 6.3).</summary>
/// <param name="IsChunked">Whether the last chunk ends the body.</param>
/// <param name="Length">The length of the body in bytes; null if it is chunked or ends with the connection.</param>
internal readonly record struct MessageFraming(bool IsChunked, long? Length)
{
    public static MessageFraming None { get; } = new(false, 0);

    public bool IsEmpty => Length == 0;

    /// <summary>Returns the framing of a request's body.</summary>
    /// <exception cref="MalformedHttpException">The framing is ambiguous.</exception>
    public static MessageFraming ForRequest(Http1Head head) => FromHead(head) ?? None;

    /// <summary>Returns the framing of a response's body.</summary>
    /// <exception cref="MalformedHttpException">The framing is ambiguous.</exception>
    public static MessageFraming ForResponse(Http1Head head, string method, int status) =>
        method == "HEAD" || status is 204 or 304 or < 200 ? None : FromHead(head) ?? new MessageFraming(false, null);

    private static MessageFraming? FromHead(Http1Head head)
    {
        MessageFraming? framing = null;
        foreach ((string name, string value) in head.HeaderFields)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                bool valid = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long length);
                framing = valid && framing is null ? new(false, length) : throw Ambiguous();
            }
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                bool valid = value.Equals("chunked", StringComparison.OrdinalIgnoreCase);
                framing = valid && framing is null ? new(true, null) : throw Ambiguous();
            }
        }

        return framing;
    }

    private static MalformedHttpException Ambiguous() =>
        new("Expected either one Content-Length or \"Transfer-Encoding: chunked\"; the framing of the message is different.");
}
