using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Calls;
using TunnelRpc.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Client;

/// <summary>
/// The settings of a client. They are validated when the client is created, and must not be changed after that. Not thread-safe.
/// </summary>
public sealed class TunnelClientOptions : TunnelOptions
{
    /// <summary>Creates options with the defaults.</summary>
    public TunnelClientOptions()
        : base(new TunnelLimits())
    {
    }

    /// <summary>
    /// The URL that the server passed to MapTunnelRpc: an absolute http or https URL without user name, query and fragment. Required,
    /// unless <see cref="AddressResolver"/> is set.
    /// </summary>
    public Uri? Address { get; set; }

    /// <summary>
    /// The URLs of equivalent servers, for instance in another data centre. A session is opened at the first address that has a path, and
    /// stays at that server. When the server shuts down or the session ends, the next session tries the other addresses first. Empty by
    /// default.
    /// </summary>
    public IList<Uri> FurtherAddresses { get; } = [];

    /// <summary>The order in which several addresses are tried. Default: <see cref="TunnelAddressSelection.InOrder"/>.</summary>
    public TunnelAddressSelection AddressSelection { get; set; }

    /// <summary>
    /// Returns the addresses for each connect attempt, in place of <see cref="Address"/> and <see cref="FurtherAddresses"/>. If it throws,
    /// returns no usable address, or takes longer than both <see cref="ConnectTimeout"/> and <see cref="AttemptTimeout"/>, the attempt has
    /// failed, and the next one asks again. Null by default.
    /// </summary>
    public Func<CancellationToken, ValueTask<IReadOnlyList<Uri>>>? AddressResolver { get; set; }

    /// <summary>
    /// Returns the token that is sent to the server as "Authorization: Bearer …", or null for none. Called for each path, so that a session
    /// may outlive its token; the new token must belong to the same user. If it throws, or takes longer than both
    /// <see cref="ConnectTimeout"/> and <see cref="AttemptTimeout"/>, the attempt has failed, and the next one asks again. It must not
    /// block its thread. Null by default.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? AccessTokenProvider { get; set; }

    /// <summary>
    /// How long <see cref="TunnelClient.ConnectAsync(CancellationToken)"/>, and a call without a session, keep trying to connect after
    /// failures that may be temporary. Then they fail with <see cref="TunnelConnectException"/>. Zero: one attempt. Default: 30 s.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether a client that has connected once opens a new session by itself when a session ends, so that the server can call the client
    /// at any time. Default: true.
    /// </summary>
    public bool StayConnected { get; set; } = true;

    /// <summary>
    /// The least delay between two attempts to connect, or to resume a session. Each delay is drawn at random between this value and three
    /// times the previous delay. Default: 200 ms.
    /// </summary>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The greatest delay between two attempts, also when the server, or an intermediary, asks for a longer one: by Retry-After (RFC 9110,
    /// 10.2.3) in an HTTP response, or by refusing the session. The report of the attempt then states both times. Default: 15 s.
    /// </summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The HTTP proxy for every address, for instance http://proxy:3128, without user name and password (see
    /// <see cref="ProxyCredentials"/>). Null, the default: <see cref="DefaultProxy"/> selects the proxy.
    /// </summary>
    public Uri? Proxy { get; set; }

    /// <summary>
    /// The credentials for the proxy. They are never sent to the server. <see cref="CredentialCache.DefaultNetworkCredentials"/> stands for
    /// the account of the process (Negotiate and NTLM). Null, the default: the credentials of <see cref="DefaultProxy"/>, if it has any.
    /// </summary>
    public NetworkCredential? ProxyCredentials { get; set; }

    /// <summary>
    /// Selects the proxy for each connect attempt when <see cref="Proxy"/> is null. Not used for loopback addresses. Default: the proxy
    /// settings of <see cref="HttpClient"/>, which are those of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, with
    /// credentials in the user info of the URL) or of the system. Null: no proxy.
    /// </summary>
    public IWebProxy? DefaultProxy { get; set; } = HttpClient.DefaultProxy;

    /// <summary>
    /// Returns the IP addresses of a host name, the server's or the proxy's, in the order of preference, in place of the platform's name
    /// resolution. Not called for IP addresses. The client tries the addresses as Happy Eyeballs does (RFC 8305), at most 64 of them. It is
    /// called for each connection and by several threads. If it throws, or returns no address, the attempt has failed. Null by default.
    /// </summary>
    public Func<string, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>>? HostResolver { get; set; }

    // Decision: docs/adr/0046-clients-of-test-servers.md
    /// <summary>
    /// Creates the handlers that send the requests of the transports, in place of sockets: for instance those of an ASP.NET Core
    /// TestServer, so that a test calls an application in memory. It is called for each connection that a transport would open, by several
    /// threads; the client disposes the handlers. Proxies, <see cref="HostResolver"/>, <see cref="ClientCertificates"/> and
    /// <see cref="RemoteCertificateValidationCallback"/> then have no effect, and <see cref="Proxy"/> must not be set. If it throws, the
    /// attempt has failed. Null, the default: sockets.
    /// </summary>
    /// <remarks>
    /// A handler must stream the body of a response, and that of a request for the transports "two-connection" and "http2-post". With a
    /// handler that cannot upgrade connections, "upgrade" and "reverse-http" fail, and so does "websocket", unless
    /// <see cref="WebSocketFactory"/> is set.
    /// </remarks>
    public Func<HttpMessageHandler>? HttpMessageHandlerFactory { get; set; }

    /// <summary>
    /// Opens the WebSocket of the transport "websocket", in place of a request of its own: for instance with the WebSocketClient of an
    /// ASP.NET Core TestServer. It must offer <see cref="TunnelWebSocketRequest.Subprotocol"/> and observe its token. It is called by
    /// several threads; the client disposes the socket. If it throws, the attempt has failed. Null, the default: the transport opens it.
    /// </summary>
    public Func<TunnelWebSocketRequest, CancellationToken, Task<WebSocket>>? WebSocketFactory { get; set; }

    /// <summary>
    /// Headers for every request to the server, for instance Authorization. Headers that frame a message, manage a connection or describe a
    /// body are refused: the transports set those. Empty by default.
    /// </summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether cookies that responses set are sent with the client's further requests (RFC 6265): those of all transports and of all paths
    /// and sessions of this client, also when a session migrates or resumes. Load balancers with affinity by cookie need it. The cookies
    /// are in memory, belong to this client, and are sent neither to another host nor to a proxy. A Cookie header in <see cref="Headers"/>
    /// is sent in any case, and replaces received cookies of the same name. Limits: 300 cookies, 20 for each host, 4,096 bytes for each.
    /// Default: true.
    /// </summary>
    public bool UseCookies { get; set; } = true;

    /// <summary>
    /// Validates the server's certificate in place of the platform's validation. Null, the default: the platform validates it.
    /// </summary>
    public RemoteCertificateValidationCallback? RemoteCertificateValidationCallback { get; set; }

    /// <summary>
    /// End-to-end TLS inside every path, so that an intermediary sees neither calls nor the session's key, even if it terminates the path's
    /// own TLS. Null, the default: none.
    /// </summary>
    public TunnelClientTlsOptions? EndToEndTls { get; set; }

    /// <summary>
    /// The certificates that the client offers to a server that requests one (mutual TLS). Each must have its private key. The client does
    /// not dispose them. Empty by default.
    /// </summary>
    public IList<X509Certificate2> ClientCertificates { get; } = [];

    /// <summary>
    /// The transports to try, in the order of preference; at least one, with different names. Default: those of
    /// <see cref="HttpTransports.Default"/>. The application may remove, reorder and add transports.
    /// </summary>
    public IList<ITransport> Transports { get; } = [.. HttpTransports.Default];

    /// <summary>
    /// How long the client waits for a path before it starts the next transport beside those in progress. A failure starts the next
    /// transport at once. Default: 250 ms.
    /// </summary>
    public TimeSpan AttemptDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The most time for the attempt of one transport, including the handshake. Default: 10 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the client waits for a preferred transport after another one has a path. Default: 100 ms.</summary>
    public TimeSpan PreferenceGrace { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The time that disposal waits for callbacks that still run after it has closed the sessions and cancelled them, and for a connect
    /// attempt that still runs. After it, disposal completes without them; they continue, and a warning is logged. Disposal inside a
    /// callback does not wait for that callback. More than zero, at most a day. Default: 5 s.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the client retries a call on the next session when its session ended or drains, if the call cannot run twice: because it has
    /// not run (<see cref="TunnelCallOutcome.NotSent"/>), or because its method is <see cref="IdempotentAttribute"/>. A streaming call is
    /// retried only before its first item. Default: true. If false, such a call fails with <see cref="TunnelStatus.Unavailable"/>.
    /// </summary>
    public bool RetryInterruptedCalls { get; set; } = true;

    /// <summary>
    /// The context that callbacks start on, with their filters and the constructors of their implementations. Their awaits return to it,
    /// and so does each step of a stream that they return. Callbacks start in the order of their arrival. Meant for user interfaces: set it
    /// to <see cref="SynchronizationContext.Current"/> on the thread of the user interface. If the context accepts no work, the callback
    /// fails with <see cref="TunnelStatus.Unavailable"/>. Excludes <see cref="CallbackTaskScheduler"/>; the options of a contract
    /// (<see cref="TunnelCallbackOptions"/>) take precedence. Null, the default: callbacks run on the thread pool.
    /// </summary>
    public SynchronizationContext? CallbackSynchronizationContext { get; set; }

    /// <summary>
    /// The scheduler that callbacks start on, as <see cref="CallbackSynchronizationContext"/>, which it excludes. Null, the default:
    /// callbacks run on the thread pool.
    /// </summary>
    public TaskScheduler? CallbackTaskScheduler { get; set; }

    internal override TimeSpan CallEndTimeout => ShutdownTimeout;

    internal List<ServiceRegistration> Callbacks { get; } = [];

    /// <summary>The source of random delays and orders.</summary>
    internal Random Random { get; set; } = Random.Shared;

    /// <summary>
    /// Serves a contract to the server from the start of each session. The instance must be thread-safe; the client does not dispose it.
    /// </summary>
    /// <param name="instance">The implementation.</param>
    /// <param name="options">Where its calls run; null for the options of the client.</param>
    /// <exception cref="ArgumentException">Both properties of <paramref name="options"/> are set.</exception>
    public void Serve<TService>(TService instance, TunnelCallbackOptions? options = null)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        Callbacks.Add(ServiceRegistrations.Create(instance, options?.CreateScheduler()));
    }

    /// <summary>Creates the scheduler of callbacks without options of their own; null for the thread pool.</summary>
    /// <exception cref="ArgumentException">Both properties are set.</exception>
    internal CallScheduler? CreateCallbackScheduler() => CallScheduler.Create(
        CallbackSynchronizationContext,
        CallbackTaskScheduler,
        $"{nameof(CallbackSynchronizationContext)} and {nameof(CallbackTaskScheduler)}");

    internal override void Validate()
    {
        base.Validate();
        if (AddressResolver is null)
        {
            ValidateAddress(Address, nameof(Address));
            foreach (Uri further in FurtherAddresses)
            {
                ValidateAddress(further, nameof(FurtherAddresses));
            }
        }

        CreateCallbackScheduler();
        ValidateProxy();
        EndToEndTls?.Validate();
        foreach ((string name, string value) in Headers)
        {
            if (RequestHeaders.GetValidationError(name, value) is { } fault)
            {
                throw new ArgumentException(fault, nameof(Headers));
            }
        }

        if (Transports.Count == 0)
        {
            throw new ArgumentException("Transports must contain at least one transport.", nameof(Transports));
        }

        if (Transports.GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1) is { } duplicate)
        {
            throw new ArgumentException($"Transports must have different names, got {duplicate.Key} twice.", nameof(Transports));
        }

        if (ClientCertificates.FirstOrDefault(c => !c.HasPrivateKey) is { } keyless)
        {
            throw new ArgumentException(
                $"ClientCertificates must have their private keys, got {keyless.Subject} without one.", nameof(ClientCertificates));
        }

        CheckDuration(ShutdownTimeout, nameof(ShutdownTimeout));
        CheckDuration(AttemptDelay, nameof(AttemptDelay));
        CheckDuration(AttemptTimeout, nameof(AttemptTimeout));
        CheckDuration(PreferenceGrace, nameof(PreferenceGrace));
        CheckDuration(ReconnectDelay, nameof(ReconnectDelay));
        CheckDuration(MaxReconnectDelay, nameof(MaxReconnectDelay));
        if (ReconnectDelay > MaxReconnectDelay)
        {
            throw new ArgumentException(
                $"ReconnectDelay must be at most MaxReconnectDelay, got {ReconnectDelay} and {MaxReconnectDelay}.", nameof(ReconnectDelay));
        }

        if (ConnectTimeout != TimeSpan.Zero)
        {
            CheckDuration(ConnectTimeout, nameof(ConnectTimeout));
        }
    }

    // The messages repeat no part of the URL that may be a secret, because they are logged.
    internal static void ValidateAddress(Uri? address, string name)
    {
        if (address is null || !address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            string got = address is null ? "none" : address.IsAbsoluteUri ? $"one of the scheme {address.Scheme}" : "a relative one";
            throw new ArgumentException($"{name} must be an absolute http or https URL, got {got}.", name);
        }

        if (address.UserInfo.Length > 0)
        {
            throw new ArgumentException(
                $"{name} must not hold a user name or password, because addresses are logged; got one for {address.Authority}. "
                + "Set the header Authorization in Headers instead.",
                name);
        }

        if (address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw new ArgumentException(
                $"{name} must have no query and no fragment, got one for {address.Authority}. Send data to the server in Headers instead.",
                name);
        }
    }

    private void ValidateProxy()
    {
        if (Proxy is null)
        {
            return;
        }

        if (!Proxy.IsAbsoluteUri || Proxy.Scheme != "http")
        {
            string got = Proxy.IsAbsoluteUri ? $"one of the scheme {Proxy.Scheme}" : "a relative one";
            throw new ArgumentException($"Proxy must be an absolute http URL, got {got}.", nameof(Proxy));
        }

        if (HttpMessageHandlerFactory is not null)
        {
            throw new ArgumentException(
                "Proxy must not be set together with HttpMessageHandlerFactory, because its handlers connect in place of the client.",
                nameof(Proxy));
        }

        if (Proxy.UserInfo.Length > 0)
        {
            throw new ArgumentException(
                $"Proxy must not hold a user name or password, got one for {Proxy.Authority}. Set ProxyCredentials instead.",
                nameof(Proxy));
        }
    }
}
