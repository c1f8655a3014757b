namespace TunnelRpc.Transports.Http1;

/// <summary>The head of a request or of an answer. Immutable.</summary>
/// <param name="MethodOrVersion">A request's method; an answer's version.</param>
/// <param name="TargetOrStatus">A request's target; an answer's status, three digits.</param>
/// <param name="VersionOrReason">A request's version; an answer's reason, which may be empty.</param>
/// <param name="HeaderFields">The header fields as they came, in order; values without surrounding blanks.</param>
internal sealed record Http1Head(string MethodOrVersion, string TargetOrStatus, string VersionOrReason, IReadOnlyList<KeyValuePair<string, string>> HeaderFields)
{
    /// <summary>Checks that a chunked body follows and nothing else can be meant: what two readers could take differently is refused (RFC 9112, 6.3).</summary>
    /// <exception cref="MalformedHttpException">It does not.</exception>
    public void RequireChunkedBody()
    {
        string? encoding = null;
        foreach ((string name, string value) in HeaderFields)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                throw new MalformedHttpException("Expected a chunked body; there is a Content-Length.");
            }

            if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                encoding = encoding is null ? value : throw new MalformedHttpException("Expected one Transfer-Encoding; there are several.");
            }
        }

        if (!"chunked".Equals(encoding, StringComparison.OrdinalIgnoreCase))
        {
            throw new MalformedHttpException($"Expected \"Transfer-Encoding: chunked\"; {(encoding is null ? "there is none" : $"it is \"{encoding}\"")}.");
        }
    }
}
