using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Client;

/// <summary>What a client can set. Checked when the client is made, and not to be changed after that.</summary>
public sealed class TunnelClientOptions : TunnelOptions
{
    /// <summary>Creates options with the defaults.</summary>
    public TunnelClientOptions()
        : base(new TunnelLimits())
    {
    }

    /// <summary>
    /// The URL given to the server's MapTunnelRpc: absolute, http or https, without user name, query and fragment. Required, unless there is an
    /// <see cref="AddressResolver"/>.
    /// </summary>
    public Uri? Address { get; set; }

    /// <summary>
    /// Other servers that are as good, for instance in another data centre: a session is made with the first one that has a path. A session
    /// stays with its server; when that one goes away, the others are tried first.
    /// </summary>
    public IList<Uri> FurtherAddresses { get; } = [];

    /// <summary>In which order several addresses are tried. As given, by default.</summary>
    public TunnelAddressSelection AddressSelection { get; set; }

    /// <summary>
    /// Gives the addresses, in place of <see cref="Address"/> and <see cref="FurtherAddresses"/>, each time a session is to be made; null, the default, for
    /// none. When it throws, that try has failed.
    /// </summary>
    public Func<CancellationToken, ValueTask<IReadOnlyList<Uri>>>? AddressResolver { get; set; }

    /// <summary>
    /// Gives the token that goes to the server as "Authorization: Bearer", asked anew each time a path is opened: a session outlives its token, as
    /// long as the new one is the same user's. Gives null for none. When it throws, that try has failed.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? AccessTokenProvider { get; set; }

    /// <summary>
    /// How long <see cref="TunnelClient.ConnectAsync(CancellationToken)"/> and calls without a session go on trying to make one, where trying again may help. Zero: one
    /// try. Default 30 s.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether a client that was connected once makes a new session by itself when the old one is over, so that the server can call it without
    /// having been called. Default on.
    /// </summary>
    public bool StayConnected { get; set; } = true;

    /// <summary>The least delay before another try, of connecting or of resuming a session; those that follow are drawn at random, and grow. Default 200 ms.</summary>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The most that such a delay may be. Default 15 s.</summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// An explicit HTTP proxy, for instance http://proxy:3128; it is used for every address. User name and password go into
    /// <see cref="ProxyCredentials"/>. Null to leave the choice to <see cref="DefaultProxy"/>.
    /// </summary>
    public Uri? Proxy { get; set; }

    /// <summary>
    /// The proxy's credentials; never sent to the server. Null for those that <see cref="DefaultProxy"/> has, if any.
    /// <see cref="CredentialCache.DefaultNetworkCredentials"/> for the process's own account, by Negotiate and NTLM.
    /// </summary>
    public NetworkCredential? ProxyCredentials { get; set; }

    /// <summary>
    /// Chooses the proxy, asked at each connect, when <see cref="Proxy"/> does not name one; not for loopback addresses. Default is that of
    /// <see cref="HttpClient"/>: the environment's (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, with credentials in
    /// the URL's user info), or the system's. Null for none.
    /// </summary>
    public IWebProxy? DefaultProxy { get; set; } = HttpClient.DefaultProxy;

    /// <summary>
    /// Headers for every request to the server, for instance Authorization. Not those that say how a message or a connection is
    /// framed, which are the transports', nor those of a body.
    /// </summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks the server's certificate where the platform's own check is not what is wanted.</summary>
    public RemoteCertificateValidationCallback? RemoteCertificateValidationCallback { get; set; }

    /// <summary>
    /// End-to-end TLS inside of every path, so that whatever stands on the way, also where it reads the path's own TLS, sees neither calls
    /// nor the session's key; null, the default, for none.
    /// </summary>
    public TunnelClientTlsOptions? EndToEndTls { get; set; }

    /// <summary>What the client shows a server that asks for a certificate (mutual TLS), each with its private key. Not disposed.</summary>
    public IList<X509Certificate2> ClientCertificates { get; } = [];

    /// <summary>The transports to try, in this order; the package's own by default. Remove, reorder, or add your own.</summary>
    public IList<ITransport> Transports { get; } = [.. HttpTransports.Default];

    /// <summary>After how long without a usable path the next transport is tried beside those under way. Default 250 ms.</summary>
    public TimeSpan AttemptDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The most that one attempt may take, its handshake included. Default 10 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a transport earlier in the order may still take once another has a path. Default 100 ms.</summary>
    public TimeSpan PreferenceGrace { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Whether a call whose session was lost, or is about to end, is made again on the next session where that cannot run it twice: one that
    /// has not run (<see cref="TunnelCallOutcome.NotSent"/>), or may have run and is <see cref="IdempotentAttribute"/>. Streams only before
    /// their first element. On by default; off, such calls fail with <see cref="TunnelStatus.Unavailable"/>.
    /// </summary>
    public bool RetryInterruptedCalls { get; set; } = true;

    internal List<ServiceRegistration> Callbacks { get; } = [];

    /// <summary>Where delays and orders are drawn from.</summary>
    internal Random Random { get; set; } = Random.Shared;

    /// <summary>Serves a contract to the server from the first moment of the tunnel on. The instance must be thread-safe and is not disposed.</summary>
    public void Serve<TService>(TService instance)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(instance);
        Callbacks.Add(ServiceRegistrations.Create(instance));
    }

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
            throw new ArgumentException("Transports must name at least one transport.", nameof(Transports));
        }

        if (Transports.GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Transports must have different names, got {twice.Key} twice.", nameof(Transports));
        }

        if (ClientCertificates.FirstOrDefault(c => !c.HasPrivateKey) is { } keyless)
        {
            throw new ArgumentException($"ClientCertificates must have their private keys, got {keyless.Subject} without.", nameof(ClientCertificates));
        }

        CheckDuration(AttemptDelay, nameof(AttemptDelay));
        CheckDuration(AttemptTimeout, nameof(AttemptTimeout));
        CheckDuration(PreferenceGrace, nameof(PreferenceGrace));
        CheckDuration(ReconnectDelay, nameof(ReconnectDelay));
        CheckDuration(MaxReconnectDelay, nameof(MaxReconnectDelay));
        if (ReconnectDelay > MaxReconnectDelay)
        {
            throw new ArgumentException($"ReconnectDelay must be at most MaxReconnectDelay, got {ReconnectDelay} and {MaxReconnectDelay}.", nameof(ReconnectDelay));
        }

        if (ConnectTimeout != TimeSpan.Zero)
        {
            CheckDuration(ConnectTimeout, nameof(ConnectTimeout));
        }
    }

    /// <summary>What a transport needs to reach <paramref name="address"/>, with the credentials of this moment.</summary>
    internal async ValueTask<TunnelEndpoint> CreateEndpointAsync(Uri address, CancellationToken cancellationToken)
    {
        (Uri? proxy, NetworkCredential? credentials) = Proxy is not null ? (Proxy, ProxyCredentials) : ProxyResolver.Resolve(DefaultProxy, address, ProxyCredentials);
        IEnumerable<KeyValuePair<string, string>> headers = Headers;
        if (AccessTokenProvider is not null && await AccessTokenProvider(cancellationToken).ConfigureAwait(false) is { } token)
        {
            string value = $"Bearer {token}";
            if (RequestHeaders.GetValidationError("Authorization", value) is not null)
            {
                // Not repeated: it is a secret.
                throw new InvalidOperationException("AccessTokenProvider must give a token that may stand in a header, gave one that may not.");
            }

            headers = [.. Headers.Where(h => !h.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)), KeyValuePair.Create("Authorization", value)];
        }

        return new TunnelEndpoint(address)
        {
            Proxy = proxy,
            ProxyCredentials = credentials,
            Headers = [.. headers],
            RemoteCertificateValidationCallback = RemoteCertificateValidationCallback,
            ClientCertificates = [.. ClientCertificates],
            TimeProvider = TimeProvider,
        };
    }

    // What may be a secret is not repeated: messages are logged.
    internal static void ValidateAddress(Uri? address, string name)
    {
        if (address is null || !address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException(
                $"{name} must be an absolute http or https URL, got {(address is null ? "none" : address.IsAbsoluteUri ? $"one of the scheme {address.Scheme}" : "a relative one")}.", name);
        }

        if (address.UserInfo.Length > 0)
        {
            throw new ArgumentException($"{name} must not hold a user name or password, which would be logged with it, got some for {address.Authority}: set the header Authorization in Headers.", name);
        }

        if (address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw new ArgumentException($"{name} must have no query and no fragment, got one for {address.Authority}: what the server is to be told goes into Headers.", name);
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
            throw new ArgumentException($"Proxy must be an absolute http URL, got {(Proxy.IsAbsoluteUri ? $"one of the scheme {Proxy.Scheme}" : "a relative one")}.", nameof(Proxy));
        }

        if (Proxy.UserInfo.Length > 0)
        {
            throw new ArgumentException($"Proxy must not hold a user name or password, got some for {Proxy.Authority}: set ProxyCredentials.", nameof(Proxy));
        }
    }
}
