using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// One connection attempt's own HTTP client: nothing is pooled or shared with other attempts, so that ending the attempt
/// ends its sockets. A request has the one HTTP version that it asks for, or fails. Disposal closes all of its sockets.
/// </summary>
internal sealed class HttpDialer : IDisposable
{
    /// <summary>How long an "Expect: 100-continue" waits for its answer, which some proxies never pass on.</summary>
    public static readonly TimeSpan Expect100ContinueTimeout = TimeSpan.FromSeconds(1);

    // What the server may send on an HTTP/2 stream before it is read. The platform's client begins with 64 KiB, which is one
    // round trip for each, and grows it only with time; a session takes no more than its own windows anyway.
    private const int Http2StreamWindowBytes = 1024 * 1024;

    private readonly TunnelEndpoint _endpoint;
    private readonly string _transport;
    private readonly CancellationTokenSource _disposed = new();
    private readonly HttpMessageInvoker _invoker;

    // Locked by itself: every socket made, few an attempt; those in use and those still shaking hands with TLS or a proxy.
    private readonly List<Socket> _sockets = [];

    /// <param name="endpoint">Where to.</param>
    /// <param name="transport">The transport's name, for messages.</param>
    /// <param name="disableConnectionReuse">Whether every request gets a connection of its own, also one that is repeated with credentials: some proxies never answer a second CONNECT on the first one's.</param>
    /// <param name="allowWindowsAuthentication">Whether the proxy may be answered with Negotiate and NTLM.</param>
    public HttpDialer(TunnelEndpoint endpoint, string transport, bool disableConnectionReuse = false, bool allowWindowsAuthentication = true)
    {
        _endpoint = endpoint;
        _transport = transport;
        Observations = new DialObservations(new ProxyAuthentication(endpoint.ProxyCredentials, allowWindowsAuthentication));
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = ConnectSocketAsync,
            Expect100ContinueTimeout = Expect100ContinueTimeout,
            InitialHttp2StreamWindowSize = Http2StreamWindowBytes,
            UseCookies = false,
            UseProxy = endpoint.Proxy is not null,
            Proxy = endpoint.Proxy is null ? null : new WebProxy(endpoint.Proxy) { Credentials = Observations.Proxy },
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = endpoint.ClientCertificates.Count == 0 ? null : [.. endpoint.ClientCertificates],
                RemoteCertificateValidationCallback = ValidateCertificate,
            },
        };
        if (disableConnectionReuse)
        {
            // What is authenticated as a connection (Negotiate, NTLM) is kept by the handler all the same.
            handler.PooledConnectionLifetime = TimeSpan.Zero;
        }

        _invoker = new HttpMessageInvoker(endpoint.HttpMessageHandlerFactory?.Invoke() ?? handler, disposeHandler: true);
    }

    /// <summary>Where the last socket leads: the server, or the proxy. Null before there is one.</summary>
    public string? RemoteEndPoint { get; private set; }

    /// <summary>What was seen on the way.</summary>
    public DialObservations Observations { get; }

    /// <summary>What is known of the path that the attempt opened.</summary>
    public TransportConnectionInfo CreateConnectionInfo(string? handshakeTimeoutHint = null)
        => new(_transport, RemoteEndPoint) { ServerCertificate = Observations.Certificate, HandshakeTimeoutHint = handshakeTimeoutHint };

    /// <summary>A request for the endpoint with the endpoint's own headers; HTTP/1.1 where no version is given. An http address with HTTP/2 is spoken to so from the first byte (RFC 9113, 3.3).</summary>
    public HttpRequestMessage CreateRequest(HttpMethod method, Uri address, Version? version = null)
    {
        HttpRequestMessage request = new(method, address) { Version = version ?? HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach ((string name, string value) in _endpoint.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.CacheControl = new CacheControlHeaderValue { NoStore = true };
        return request;
    }

    /// <summary>Sends the request; the answer is given as soon as its head is there.</summary>
    /// <exception cref="TransportException">There is no answer, and why.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_endpoint.Proxy is { } proxy && proxy.Scheme != Uri.UriSchemeHttp)
        {
            throw new TransportException($"{_transport}: the proxy {proxy.Scheme}://{proxy.Authority} is of a kind that is not supported: set Proxy to an http one, or DefaultProxy to null for none.") { IsPermanent = true };
        }

        Observations.IsHttp2 = request.Version.Major == 2;
        try
        {
            HttpResponseMessage response = await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
            Observations.HasResponse = true;
            return response;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            // Everything: the client below throws more kinds than it declares, and none may be more than this attempt's failure.
            throw HttpFailure.FromException(_transport, _endpoint, exception, Observations);
        }
    }

    public void Dispose()
    {
        // The handler leaves connections that are not ready yet to themselves for some seconds: those still connecting are
        // cancelled, those waiting for TLS or a proxy are closed under it.
        _disposed.Cancel();
        _invoker.Dispose();
        lock (_sockets)
        {
            foreach (Socket socket in _sockets)
            {
                socket.Dispose();
            }
        }
    }

    private bool ValidateCertificate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not null)
        {
            Observations.NoteCertificate(certificate, chain, errors);
        }

        return _endpoint.RemoteCertificateValidationCallback is { } check
            ? check(sender, certificate, chain, errors)
            : errors == SslPolicyErrors.None;
    }

    private async ValueTask<Stream> ConnectSocketAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, stop.Token).ConfigureAwait(false);
            Observations.IsConnected = true;
            RemoteEndPoint = socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
                ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port).ToString()
                : socket.RemoteEndPoint?.ToString();
            lock (_sockets)
            {
                stop.Token.ThrowIfCancellationRequested();
                _sockets.Add(socket);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
