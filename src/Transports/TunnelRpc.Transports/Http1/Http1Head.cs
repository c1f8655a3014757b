namespace TunnelRpc.Transports.Http1;

/// <summary>The head of an HTTP/1.1 request or response. Immutable.</summary>
/// <param name="MethodOrVersion">The method of a request; the version of a response.</param>
/// <param name="TargetOrStatus">The target of a request; the status of a response, three digits.</param>
/// <param name="VersionOrReason">The version of a request; the reason phrase of a response, which may be empty.</param>
/// <param name="HeaderFields">The header fields in the received order; values without surrounding whitespace.</param>
internal sealed record Http1Head(
    string MethodOrVersion, string TargetOrStatus, string VersionOrReason, IReadOnlyList<KeyValuePair<string, string>> HeaderFields)
{
    /// <summary>
    /// Checks that a chunked body follows. Header fields that two parsers could interpret differently are refused (request smuggling,
    /// RFC 9112, 6.3).
    /// </summary>
    /// <exception cref="MalformedHttpException">No chunked body follows, or the header fields are ambiguous.</exception>
    public void RequireChunkedBody()
    {
        string? encoding = null;
        foreach ((string name, string value) in HeaderFields)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                throw new MalformedHttpException("Expected a chunked body, got a Content-Length.");
            }

            if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                encoding = encoding is null
                    ? value
                    : throw new MalformedHttpException("Expected one Transfer-Encoding, got several.");
            }
        }

        if (!"chunked".Equals(encoding, StringComparison.OrdinalIgnoreCase))
        {
            string actual = encoding is null ? "none" : $"\"{encoding}\"";
            throw new MalformedHttpException($"Expected \"Transfer-Encoding: chunked\", got {actual}.");
        }
    }
}
