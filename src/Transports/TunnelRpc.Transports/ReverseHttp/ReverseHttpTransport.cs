using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Transports.ReverseHttp;

/// <summary>
/// Reverse HTTP (draft-lentczner-rhttp): <c>POST</c>, <c>Connection: Upgrade</c>, <c>Upgrade: PTTH/1.0</c>. After the 101 the roles are
/// reversed: the server sends a <c>POST</c>, and the client responds with 200. Both chunked bodies stream concurrently and carry the
/// connection's bytes, so the bytes on the wire are HTTP in both directions. Thread-safe.
/// </summary>
public sealed class ReverseHttpTransport : ITransport
{
    internal const string TransportName = "reverse-http";

    // The connection opens after the server's request has arrived.
    private const string HandshakeTimeoutHint =
        "The server's request arrived through the upgraded connection, so the direction to the client works: most likely an intermediary "
            + "blocks or buffers the direction to the server.";

    private static readonly byte[] ResponseHead =
        [
            .. "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"u8,
            .. "Content-Type: application/octet-stream\r\nCache-Control: no-store, no-transform\r\n\r\n"u8,
        ];

    /// <summary>"reverse-http".</summary>
    public string Name => TransportName;

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        HttpDialer dialer = new(endpoint, Name);
        Http1ReadBuffer buffer = new();
        try
        {
            // The HTTP client sends "Content-Length: 0" for a POST without content. An upgrade request must not have a body.
            using HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Post, endpoint.Address);
            request.Headers.TryAddWithoutValidation(HttpHeaderValues.VersionHeader, HttpHeaderValues.Version);
            (_, Stream stream) = await UpgradeDialer.UpgradeAsync(
                dialer, request, HttpHeaderValues.ReverseToken, Name, endpoint, cancellationToken).ConfigureAwait(false);
            await RespondAsync(stream, buffer, cancellationToken).ConfigureAwait(false);
            return new ReverseHttpConnection(
                stream,
                buffer,
                dialer.CreateConnectionInfo(HandshakeTimeoutHint),
                _ =>
                {
                    stream.Dispose();
                    dialer.Dispose();
                });
        }
        catch
        {
            dialer.Dispose();
            buffer.Dispose();
            throw;
        }
    }

    private static async ValueTask RespondAsync(Stream stream, Http1ReadBuffer buffer, CancellationToken cancellationToken)
    {
        try
        {
            Http1Head head = await buffer.ReadHeadAsync(stream, isRequest: true, cancellationToken).ConfigureAwait(false);
            if (head.MethodOrVersion != "POST")
            {
                throw new MalformedHttpException($"Expected the server's request to be a POST, got a {head.MethodOrVersion}.");
            }

            head.RequireChunkedBody();
            await stream.WriteAsync(ResponseHead, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is MalformedHttpException or IOException or ObjectDisposedException)
        {
            throw new TransportException(
                $"reverse-http: the connection was upgraded, but no valid request arrived from the server: {exception.Message}", exception);
        }
    }
}
