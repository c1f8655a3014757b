using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>
/// Two ordinary requests: <c>GET …/{id}/down</c> with a chunked answer that never ends by itself, and <c>POST …/{id}/up</c> with a
/// chunked body that does not either. For proxies that stream both ways but upgrade nothing. The upload says
/// <c>Expect: 100-continue</c>, without which some proxies hold small bodies back. HAProxy delays what streams by 200 ms each way
/// unless it has <c>option http-no-delay</c>. Thread-safe.
/// </summary>
public sealed class TwoConnectionTransport : ITransport
{
    // By then the preamble has come: a download that streams is proved, the upload is not.
    private const string WhenSilent =
        "The download streams, so it is most likely the upload that does not: a proxy on the way holds a request until its body ends, "
        + "as nginx does unless proxy_request_buffering is off. Let that proxy stream requests, or let it pass the Upgrade header.";

    /// <summary>"two-connection".</summary>
    public string Name => TwoConnectionProtocol.TransportName;

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TwoConnectionProtocol.IdLength / 2));
        byte[] key = RandomNumberGenerator.GetBytes(TwoConnectionProtocol.KeyBytes);
        HttpDialer dialer = new(endpoint, Name);
        HttpResponseMessage? down = null;
        UploadLeg? up = null;
        try
        {
            down = await OpenDownAsync(dialer, endpoint, id, key, cancellationToken).ConfigureAwait(false);
            Stream incoming = await down.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await SkipPreambleAsync(incoming, cancellationToken).ConfigureAwait(false);
            HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Post, Leg(endpoint, id, "up"));
            request.Headers.TryAddWithoutValidation(TwoConnectionProtocol.KeyHeader, Base64Url.EncodeToString(key));
            up = new UploadLeg(dialer, request, endpoint);
            Stream outgoing = await up.StartAsync(cancellationToken).ConfigureAwait(false);
            TransportConnectionInfo info = dialer.Describe(WhenSilent);
            return new TwoConnectionClientConnection(dialer, down, incoming, up, outgoing, info, endpoint.TimeProvider);
        }
        catch
        {
            if (up is not null)
            {
                await up.DisposeAsync().ConfigureAwait(false);
            }

            down?.Dispose();
            dialer.Dispose();
            throw;
        }
    }

    private async ValueTask<HttpResponseMessage> OpenDownAsync(HttpDialer dialer, TunnelEndpoint endpoint, string id, byte[] key, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Get, Leg(endpoint, id, "down"));
        request.Headers.TryAddWithoutValidation(TwoConnectionProtocol.BindHeader, Base64Url.EncodeToString(TwoConnectionProtocol.Hash(key)));
        HttpResponseMessage response = await dialer.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return response;
        }

        using (response)
        {
            throw HttpFailure.FromStatus(Name, endpoint, response, "200 OK");
        }
    }

    private static async ValueTask SkipPreambleAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] preamble = new byte[TwoConnectionProtocol.Preamble.Length];
        int read;
        try
        {
            read = await stream.ReadAtLeastAsync(preamble, preamble.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransportException($"two-connection: the download broke at its beginning: {exception.Message}", exception);
        }

        if (!preamble.AsSpan(0, read).SequenceEqual(TwoConnectionProtocol.Preamble.Span))
        {
            throw new TransportException("two-connection: the download does not begin as a tunnel's does: something on the way answered in the server's place or changed the answer, or the address is not a tunnel.")
            {
                HttpStatus = 200,
                IsDefinite = true,
            };
        }
    }

    private static Uri Leg(TunnelEndpoint endpoint, string id, string leg)
        => new UriBuilder(endpoint.Address) { Path = $"{endpoint.Address.AbsolutePath.TrimEnd('/')}/{id}/{leg}" }.Uri;
}
