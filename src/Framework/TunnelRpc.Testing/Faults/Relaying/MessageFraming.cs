using System.Globalization;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>How a body's end is found (RFC 9112, 6.3).</summary>
/// <param name="IsChunked">By the last chunk.</param>
/// <param name="Length">After so many bytes; null: chunked, or at the connection's end.</param>
internal readonly record struct MessageFraming(bool IsChunked, long? Length)
{
    public static MessageFraming None { get; } = new(false, 0);

    public bool IsEmpty => Length == 0;

    /// <exception cref="MalformedHttpException">Two readers could find different ends.</exception>
    public static MessageFraming ForRequest(Http1Head head) => FromHead(head) ?? None;

    /// <exception cref="MalformedHttpException">Two readers could find different ends.</exception>
    public static MessageFraming ForResponse(Http1Head head, string method, int status)
        => method == "HEAD" || status is 204 or 304 or < 200 ? None : FromHead(head) ?? new MessageFraming(false, null);

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

    private static MalformedHttpException Ambiguous() => new("Expected one Content-Length, or \"Transfer-Encoding: chunked\"; there is something else.");
}
