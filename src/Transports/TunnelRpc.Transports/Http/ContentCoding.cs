namespace TunnelRpc.Transports.Http;

/// <summary>Detects a response whose bytes are not the server's, because they are compressed or encoded otherwise. Stateless.</summary>
internal static class ContentCoding
{
    /// <summary>Throws if the response has a Content-Encoding (RFC 9110, 8.4) other than "identity".</summary>
    /// <exception cref="TransportException">The response is encoded. The message names the encoding.</exception>
    public static void ThrowIfEncoded(string transport, HttpResponseMessage response)
    {
        ICollection<string> codings = response.Content.Headers.ContentEncoding;
        if (codings.All(coding => coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        throw new TransportException(
            $"{transport}: the response arrived with \"Content-Encoding: {string.Join(", ", codings)}\": expected the server's bytes "
                + "unchanged, but a middleware of the server or an intermediary compresses them, although the response says no-transform. "
                + $"Exclude this address, or the media type {HttpHeaderValues.ContentType}, from compression.")
        {
            HttpStatus = (int)response.StatusCode,
            IsPermanent = true,
        };
    }
}
