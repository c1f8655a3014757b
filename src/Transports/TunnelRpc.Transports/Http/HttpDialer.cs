using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Dialing;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// The HTTP client of one connection attempt. It shares no connection pool with other attempts, so that disposal closes all of its
/// sockets. A request is sent with exactly its HTTP version, or fails.
/// </summary>
internal sealed class HttpDialer : IDisposable
{
    /// <summary>
    /// The time for which a request with "Expect: 100-continue" waits for the 100 response before it sends its body. Some proxies never
    /// forward that response.
    /// </summary>
    public static readonly TimeSpan Expect100ContinueTimeout = TimeSpan.FromSeconds(1);

    private const string CookieHeader = "Cookie";

    // The initial HTTP/2 receive window of a stream. The platform's default of 64 KiB needs one round trip per 64 KiB and grows only over
    // time. The session's own windows bound the unread bytes.
    private const int Http2StreamWindowBytes = 1024 * 1024;

    private readonly TunnelEndpoint _endpoint;
    private readonly string _transport;
    private readonly SocketDialer _socketDialer;
    private readonly bool _disableConnectionReuse;
    private readonly CancellationTokenSource _disposed = new();

    // Created by the first request that has a connection, so that a server that cannot be reached costs no HTTP client. Null again after
    // Detach. Guarded by the lock on _sockets.
    private HttpMessageInvoker? _invoker;

    // Exchanged atomically: 1 from the first request on, which connects before the HTTP client does.
    private int _hasDialed;

    // Exchanged atomically: the socket that the first request has connected; null before, and when the HTTP client has taken it.
    private Socket? _dialed;

    // Written when a connection is ready for an upgrade request; null before.
    private volatile ResponseHeadStream? _upgrading;

    // Guarded by a lock on itself: every connected socket, including those that are still in a handshake with TLS or a proxy. An attempt
    // has few of them.
    private readonly List<Socket> _sockets = [];

    // Written when a socket is connected, read when a response arrives; null before.
    private volatile ConnectedAddress? _connected;

    /// <param name="endpoint">The server and the proxy.</param>
    /// <param name="transport">The transport's name, for messages.</param>
    /// <param name="disableConnectionReuse">
    /// Whether every request uses a new connection, also a retry with credentials: some proxies never respond to a second CONNECT on the
    /// same connection.
    /// </param>
    /// <param name="allowWindowsAuthentication">Whether Negotiate and NTLM may be used with the proxy.</param>
    public HttpDialer(
        TunnelEndpoint endpoint, string transport, bool disableConnectionReuse = false, bool allowWindowsAuthentication = true)
    {
        _endpoint = endpoint;
        _transport = transport;
        Observations = new DialObservations(new ProxyAuthentication(endpoint.ProxyCredentials, allowWindowsAuthentication));
        _socketDialer = new SocketDialer(endpoint);
        _disableConnectionReuse = disableConnectionReuse;
    }

    /// <summary>The remote address and port of the last socket, the server's or the proxy's; null before a socket is connected.</summary>
    public string? RemoteEndPoint { get; private set; }

    /// <summary>The observations for error messages.</summary>
    public DialObservations Observations { get; }

    /// <summary>Creates the info of the connection that the attempt opened.</summary>
    public TransportConnectionInfo CreateConnectionInfo(string? handshakeTimeoutHint = null)
        => new(_transport, RemoteEndPoint)
        {
            ServerCertificate = Observations.Certificate,
            ServerInstance = Observations.ServerInstance,
            CredentialLifetime = Observations.CredentialLifetime,
            IsHttp2 = Observations.IsHttp2,
            HandshakeTimeoutHint = handshakeTimeoutHint,
        };

    /// <summary>
    /// Creates a request with the endpoint's headers, by default for HTTP/1.1. An http address with HTTP/2 is used with prior knowledge
    /// (RFC 9113, 3.3).
    /// </summary>
    public HttpRequestMessage CreateRequest(HttpMethod method, Uri address, Version? version = null)
    {
        HttpRequestMessage request = new(method, address)
        {
            Version = version ?? HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        string? cookies = null;
        foreach ((string name, string value) in _endpoint.GetHeaders())
        {
            if (name.Equals(CookieHeader, StringComparison.OrdinalIgnoreCase))
            {
                cookies = cookies is null ? value : $"{cookies}; {value}";
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        // Not by the handler's own cookies: it would send them to a proxy with CONNECT, because cookies do not regard ports.
        cookies = _endpoint.Cookies is { } received ? received.GetHeader(address, cookies) : cookies;
        if (cookies is not null)
        {
            request.Headers.TryAddWithoutValidation(CookieHeader, cookies);
        }

        request.Headers.CacheControl = new CacheControlHeaderValue { NoStore = true };
        return request;
    }

    /// <summary>Sends the request and returns the response when its head has arrived.</summary>
    /// <exception cref="TransportException">No response was received. The message has the reason.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_endpoint is { HttpMessageHandlerFactory: null, Proxy: { } proxy } && proxy.Scheme != Uri.UriSchemeHttp)
        {
            throw new TransportException(
                $"{_transport}: the proxy {proxy.Scheme}://{proxy.Authority} has an unsupported scheme: set Proxy to an http proxy, or "
                    + "DefaultProxy to null to use none.")
            {
                IsPermanent = true,
            };
        }

        Observations.IsHttp2 = request.Version.Major == 2;
        try
        {
            if (_endpoint is { HttpMessageHandlerFactory: null, Proxy: null } && Interlocked.Exchange(ref _hasDialed, 1) == 0)
            {
                // Before the HTTP client does it: a failure passes through fewer layers, and no HTTP client is created for it.
                Uri address = request.RequestUri!;
                _dialed = await DialAsync(address.IdnHost, address.Port, cancellationToken).ConfigureAwait(false);
            }

            HttpResponseMessage response = await GetInvoker().SendAsync(request, cancellationToken).ConfigureAwait(false);
            Observations.HasResponse = true;
            Observations.ServerInstance = HttpHeaderValues.FindServerInstance(response);
            Observations.CredentialLifetime = HttpHeaderValues.FindCredentialLifetime(response, _endpoint.TimeProvider);
            StoreCookies(request, response);
            _endpoint.DialRecord?.NoteStage(DialStage.Responded);
            if (_connected is { } connected)
            {
                _endpoint.AddressHistory?.RecordResponse(connected.Host, connected.Address);
            }

            return response;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            // Catch everything: the HTTP client throws more exception types than it documents, and each is a failure of this attempt only.
            throw HttpFailure.FromException(_transport, _endpoint, exception, Observations);
        }
    }

    /// <summary>
    /// Releases the HTTP client after the response 101, and returns the stream of the connection without it. Returns
    /// <paramref name="upgraded"/> if that is not possible, since the peer has sent more than the response. The connection stays owned by
    /// this object: <see cref="Dispose"/> closes its socket.
    /// </summary>
    /// <param name="upgraded">The stream of the response.</param>
    public Stream Detach(Stream upgraded)
    {
        if (_upgrading?.Detach() is not { } stream)
        {
            return upgraded;
        }

        _upgrading = null;
        upgraded.Dispose();
        lock (_sockets)
        {
            _invoker?.Dispose();
            _invoker = null;
        }

        return stream;
    }

    public void Dispose()
    {
        // The handler does not end connections that are being established until some seconds later. Cancel those that are connecting, and
        // close the sockets of those that are in a handshake with TLS or a proxy.
        _disposed.Cancel();
        lock (_sockets)
        {
            _invoker?.Dispose();
            foreach (Socket socket in _sockets)
            {
                socket.Dispose();
            }
        }
    }

    // A proxy sends 407 in its own name, so that its cookies are not the server's.
    private void StoreCookies(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (_endpoint.Cookies is { } cookies
            && response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired
            && response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? setCookies))
        {
            cookies.Store(request.RequestUri!, setCookies);
        }
    }

    private HttpMessageInvoker GetInvoker()
    {
        lock (_sockets)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            return _invoker ??= new HttpMessageInvoker(CreateHandler(), disposeHandler: true);
        }
    }

    private HttpMessageHandler CreateHandler()
    {
        if (_endpoint.HttpMessageHandlerFactory is not { } create)
        {
            return CreateSocketsHandler();
        }

        try
        {
            return create() ?? throw new InvalidOperationException("It returned null.");
        }
        catch (Exception exception)
        {
            // The factory is the application's: each exception fails the requests of this connection only.
            return new FailingHandler(
                new TransportException($"{_transport}: HttpMessageHandlerFactory failed: {exception.Message}", exception));
        }
    }

    private SocketsHttpHandler CreateSocketsHandler()
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = ConnectSocketAsync,
            Expect100ContinueTimeout = Expect100ContinueTimeout,
            InitialHttp2StreamWindowSize = Http2StreamWindowBytes,
            PlaintextStreamFilter = NoteReady,
            UseCookies = false,
            UseProxy = _endpoint.Proxy is not null,
            Proxy = _endpoint.Proxy is null ? null : new WebProxy(_endpoint.Proxy) { Credentials = Observations.Proxy },
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = _endpoint.ClientCertificates.Count == 0 ? null : [.. _endpoint.ClientCertificates],
                RemoteCertificateValidationCallback = ValidateCertificate,
            },
        };
        if (_disableConnectionReuse)
        {
            // The handler still reuses a connection for the steps of connection-based authentication (Negotiate, NTLM).
            handler.PooledConnectionLifetime = TimeSpan.Zero;
        }

        return handler;
    }

    private bool ValidateCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not null)
        {
            Observations.NoteCertificate(certificate, chain, errors);
        }

        return _endpoint.RemoteCertificateValidationCallback is { } validate
            ? validate(sender, certificate, chain, errors)
            : errors == SslPolicyErrors.None;
    }

    private async ValueTask<Stream> ConnectSocketAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = Interlocked.Exchange(ref _dialed, null)
            ?? await DialAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async ValueTask<Socket> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        Socket socket = await _socketDialer.ConnectAsync(host, port, stop.Token).ConfigureAwait(false);
        try
        {
            Observations.IsConnected = true;
            if (socket.RemoteEndPoint is IPEndPoint remote)
            {
                RemoteEndPoint = remote.ToString();
                _connected = new ConnectedAddress(host, remote.Address);
            }

            lock (_sockets)
            {
                stop.Token.ThrowIfCancellationRequested();
                _sockets.Add(socket);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Called when a connection to the server is ready for HTTP, after TLS and the proxy's tunnel, and also when the proxy is ready for the
    // CONNECT of HTTP/1.1 that opens the tunnel, which is not the former.
    private ValueTask<Stream> NoteReady(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken)
    {
        if (context.InitialRequestMessage.Method != HttpMethod.Connect || context.NegotiatedHttpVersion.Major >= 2)
        {
            _endpoint.DialRecord?.NoteStage(DialStage.Ready);
            if (context.InitialRequestMessage.Headers.Upgrade.Count > 0)
            {
                var upgrading = new ResponseHeadStream(context.PlaintextStream);
                _upgrading = upgrading;
                return ValueTask.FromResult<Stream>(upgrading);
            }

            if (context.NegotiatedHttpVersion.Major >= 2 && _endpoint.Address.Scheme == Uri.UriSchemeHttp)
            {
                return ValueTask.FromResult<Stream>(new Http2StartStream(context.PlaintextStream, Observations));
            }
        }

        return ValueTask.FromResult(context.PlaintextStream);
    }

    private sealed record ConnectedAddress(string Host, IPAddress Address);

    private sealed class FailingHandler(TransportException failure) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromException<HttpResponseMessage>(failure);
    }
}
