using System.Net;
using TunnelRpc.Client.Connecting;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Cookies;
using TunnelRpc.Transports.Dialing;

namespace TunnelRpc.Client.Paths;

/// <summary>
/// Creates the endpoint that transports connect to. Looks up the proxy and the access token anew for each endpoint, because both may change
/// while a session lives. A client has one factory, since its endpoints share what is known about addresses.
/// Thread-safe if the application's <see cref="TunnelClientOptions.AccessTokenProvider"/> and proxy settings are.
/// </summary>
/// <param name="options">The client's options.</param>
internal sealed class EndpointFactory(TunnelClientOptions options)
{
    // The cookies of all endpoints, for the lifetime of the client.
    private readonly CookieStore? _cookies = options.UseCookies ? new CookieStore() : null;
    private readonly BearerToken _token = new();
    private readonly AddressHistory _addressHistory = new(options.TimeProvider);

    /// <summary>The connection that the client's next session uses if it fits. The owner of the factory disposes it.</summary>
    public SpareConnection SpareConnection { get; } = new(options.TimeProvider);

    /// <summary>Creates the endpoint for <paramref name="address"/>, with the proxy and the token that are valid now.</summary>
    /// <param name="address">The server.</param>
    /// <param name="cancellationToken">Cancels the look-up of the token.</param>
    /// <exception cref="InvalidOperationException">The token cannot be sent in a header.</exception>
    /// <exception cref="TunnelException">Unavailable: the application's provider did not return in time.</exception>
    /// <remarks>An exception that the application's provider throws is passed on unchanged.</remarks>
    public async ValueTask<TunnelEndpoint> CreateAsync(Uri address, CancellationToken cancellationToken)
    {
        (Uri? proxy, NetworkCredential? credentials) = options.HttpMessageHandlerFactory is not null
            ? (null, null)
            : options.Proxy is not null
            ? (options.Proxy, options.ProxyCredentials)
            : ProxyResolver.Resolve(options.DefaultProxy, address, options.ProxyCredentials);
        return new TunnelEndpoint(address)
        {
            Proxy = proxy,
            ProxyCredentials = credentials,
            Headers = await GetHeadersAsync(cancellationToken).ConfigureAwait(false),
            Token = _token,
            RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
            ClientCertificates = [.. options.ClientCertificates],
            TimeProvider = options.TimeProvider,
            Cookies = _cookies?.CreatePathCookies(),
            HostResolver = options.HostResolver,
            HttpMessageHandlerFactory = options.HttpMessageHandlerFactory,
            WebSocketFactory = options.WebSocketFactory,
            AddressHistory = _addressHistory,
            SpareConnection = SpareConnection,
        };
    }

    /// <summary>
    /// Returns the application's headers. A token replaces the application's Authorization header. All endpoints of the client send the
    /// latest one, also those of an earlier path.
    /// </summary>
    private async ValueTask<KeyValuePair<string, string>[]> GetHeadersAsync(CancellationToken cancellationToken)
    {
        if (options.AccessTokenProvider is not { } getToken
            || await ApplicationLookup.RunAsync(getToken, nameof(options.AccessTokenProvider), options, cancellationToken)
                .ConfigureAwait(false) is not { } token)
        {
            _token.HeaderValue = null;
            return [.. options.Headers];
        }

        string value = $"Bearer {token}";
        if (RequestHeaders.GetValidationError("Authorization", value) is not null)
        {
            // The message does not contain the token, because it is a secret.
            throw new InvalidOperationException(
                "AccessTokenProvider must return a token of one line that can be sent in a header; it returned one that cannot.");
        }

        _token.HeaderValue = value;
        return
        [
            .. options.Headers.Where(h => !h.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)),
            KeyValuePair.Create("Authorization", value),
        ];
    }
}
