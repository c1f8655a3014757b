using TunnelRpc.Client;

namespace TunnelRpc.Gateway.Hosting;

/// <summary>
/// The settings of <c>UseTunnelRpcServer</c>. They are validated when the host creates the server, and must not be changed after that. Not
/// thread-safe.
/// </summary>
public sealed class TunnelRpcServerOptions
{
    /// <summary>
    /// The URL of the gateway's tunnel: an absolute http or https URL, which the gateway passed to MapTunnelRpc. Required, unless
    /// <see cref="TunnelClientOptions.AddressResolver"/> of <see cref="Client"/> is set. It is the address of <see cref="Client"/>.
    /// </summary>
    public Uri? Address
    {
        get => Client.Address;
        set => Client.Address = value;
    }

    /// <summary>
    /// The settings of the tunnel to the gateway: token, proxy, TLS, transports and limits. The tunnel stays connected, so
    /// <see cref="TunnelClientOptions.StayConnected"/> must be true.
    /// <see cref="TunnelLimits.MaxConcurrentCalls"/> limits the requests that run at the same time, and
    /// <see cref="TunnelLimits.StreamWindow"/> the bytes of a request's body that arrive before the application reads them.
    /// </summary>
    public TunnelClientOptions Client { get; } = new();

    /// <summary>
    /// Further names to claim, each a DNS label in lower case. The application serves all of them; <see cref="ITunnelOriginFeature"/> says
    /// by which name a request has arrived. Empty by default.
    /// </summary>
    public IList<string> FurtherNames { get; } = [];

    /// <summary>
    /// How long the start of the host waits until the names are claimed, so that the address is known when the host has started. After it,
    /// the host starts nevertheless, a warning is logged, and the server continues to connect and claim. Zero: the start does not wait. At
    /// most a day. Default: 10 s.
    /// </summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The size of a request's body in bytes. A larger one is refused with status 413 when the application reads it. An application changes
    /// it for one request by the feature IHttpMaxRequestBodySizeFeature or the attribute RequestSizeLimit. At least 0; null for no limit.
    /// Default: 30,000,000, as Kestrel's.
    /// </summary>
    public long? MaxRequestBodySize { get; set; } = 30_000_000;

    /// <summary>The name that was passed to <c>UseTunnelRpcServer</c>.</summary>
    internal string Name { get; set; } = "";

    /// <summary>All names, each once.</summary>
    internal IReadOnlyList<string> Names => [.. FurtherNames.Prepend(Name).Distinct(StringComparer.Ordinal)];

    /// <summary>Validates the options, except for those that the client validates.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names the option and the range.</exception>
    internal void Validate()
    {
        foreach (string name in Names)
        {
            if (!Gateway.Client.Origins.GatewayName.IsValid(name))
            {
                throw new ArgumentException(
                    $"The names of UseTunnelRpcServer must be DNS labels. {Gateway.Client.Origins.GatewayName.Describe(name)}");
            }
        }

        if (StartTimeout < TimeSpan.Zero || StartTimeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(StartTimeout), StartTimeout, "StartTimeout must be zero or more and at most a day.");
        }

        if (MaxRequestBodySize is < 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxRequestBodySize), MaxRequestBodySize, "MaxRequestBodySize must be null or at least 0.");
        }

        if (!Client.StayConnected)
        {
            throw new ArgumentException(
                "Client.StayConnected must be true, since requests arrive only while the client is connected. Remove the setting.");
        }
    }
}
