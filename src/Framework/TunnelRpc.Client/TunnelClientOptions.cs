using System.Net;
using System.Net.Security;
using TunnelRpc.Hosting;
using TunnelRpc.Transports;

namespace TunnelRpc.Client;

/// <summary>What a client can set. Read when the client is made.</summary>
public sealed class TunnelClientOptions : TunnelOptions
{
    /// <summary>The URL given to the server's MapTunnelRpc: absolute, http or https. Required.</summary>
    public Uri? Address { get; set; }

    /// <summary>An explicit HTTP proxy, for instance http://proxy:3128; null for none.</summary>
    public Uri? Proxy { get; set; }

    /// <summary>The proxy's credentials; never sent to the server.</summary>
    public NetworkCredential? ProxyCredentials { get; set; }

    /// <summary>Headers for every request to the server, for instance Authorization.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks the server's certificate where the platform's own check is not what is wanted.</summary>
    public RemoteCertificateValidationCallback? RemoteCertificateValidationCallback { get; set; }

    /// <summary>The transports to try, in this order; the package's own by default. Remove, reorder, or add your own.</summary>
    public IList<ITransport> Transports { get; } = [.. HttpTransports.Default];

    /// <summary>After how long without a usable path the next transport is tried beside those under way. Default 250 ms.</summary>
    public TimeSpan AttemptDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The most that one attempt may take, its handshake included. Default 10 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a transport earlier in the order may still take once another has a path. Default 100 ms.</summary>
    public TimeSpan PreferenceGrace { get; set; } = TimeSpan.FromMilliseconds(100);

    internal List<ServiceRegistration> Callbacks { get; } = [];

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
        if (Address is null || !Address.IsAbsoluteUri || Address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"Address must be an absolute http or https URL, got {Address?.ToString() ?? "none"}.", nameof(Address));
        }

        if (Proxy is not null && (!Proxy.IsAbsoluteUri || Proxy.Scheme != "http"))
        {
            throw new ArgumentException($"Proxy must be an absolute http URL, got {Proxy}.", nameof(Proxy));
        }

        if (Transports.Count == 0)
        {
            throw new ArgumentException("Transports must name at least one transport.", nameof(Transports));
        }

        if (Transports.GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Transports must have different names, got {twice.Key} twice.", nameof(Transports));
        }

        CheckDuration(AttemptDelay, nameof(AttemptDelay));
        CheckDuration(AttemptTimeout, nameof(AttemptTimeout));
        CheckDuration(PreferenceGrace, nameof(PreferenceGrace));
    }

    internal TunnelEndpoint ToEndpoint() => new(Address!)
    {
        Proxy = Proxy,
        ProxyCredentials = ProxyCredentials,
        Headers = [.. Headers],
        RemoteCertificateValidationCallback = RemoteCertificateValidationCallback,
        TimeProvider = TimeProvider,
    };
}
