using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Lab.Gateway;

/// <summary>
/// A gateway behind a front, through which both its public clients and the tunnels of its applications pass, with one application without a
/// socket and one local server. Thread-safe except for disposal.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class GatewaySetup : IAsyncDisposable
{
    private readonly GatewayServer _gateway;

    // In the order of their start; disposed in reverse.
    private readonly List<IAsyncDisposable> _parts = [];
    private FaultProxy? _tunnelPath;
    private LocalShopTunnel? _localTunnel;

    private GatewaySetup(GatewayFront front, GatewayServer gateway)
    {
        Front = front;
        _gateway = gateway;
        _parts.Add(gateway);
        Client = new HttpClient(CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public GatewayFront Front { get; }

    /// <summary>The state of the applications.</summary>
    public ShopState State { get; } = new();

    /// <summary>A public client, without redirects and cookies.</summary>
    public HttpClient Client { get; }

    /// <summary>The reverse proxy; null for none.</summary>
    public ProxyProcess? Proxy { get; private set; }

    /// <summary>The relay between the applications and the front; only of a setup that was started with it.</summary>
    public FaultProxy TunnelPath => _tunnelPath ?? throw new InvalidOperationException("Start the setup with a relay of the tunnel.");

    private int Port => Proxy?.Port ?? _gateway.TlsPort;

    /// <summary>Starts all parts, and waits until the names are claimed.</summary>
    /// <param name="front">The name of the front.</param>
    /// <param name="withRelay">Whether the tunnels pass <see cref="TunnelPath"/>, which can cut them.</param>
    public static async Task<GatewaySetup> StartAsync(string front, bool withRelay = false)
    {
        GatewayFront found = GatewayFront.Find(front);
        var setup = new GatewaySetup(found, await GatewayServer.StartAsync(isBehindProxy: found.Program is not null));
        try
        {
            await setup.StartPartsAsync(withRelay);
            return setup;
        }
        catch
        {
            await setup.DisposeAsync();
            throw;
        }
    }

    /// <summary>The public address of a path of an application, by its host.</summary>
    public Uri Address(string application, string path, string scheme = "https") =>
        new($"{scheme}://{application}.apps.example:{Port}{path}");

    /// <summary>The public address of a path of an application, by the path.</summary>
    public Uri AddressByPath(string application, string path) => new($"https://127.0.0.1:{Port}/apps/{application}{path}");

    /// <summary>Creates a handler whose requests reach the front under every host. The caller disposes it.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        ConnectCallback = ConnectAsync,
        EnableMultipleHttp2Connections = true,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = LabCertificate.Trusting(null) },
        UseCookies = false,
        UseProxy = false,
    };

    /// <summary>Sends a request with exactly this version, and returns the response when its head has arrived.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, Version version, HttpContent? content = null, CancellationToken cancellationToken = default)
    {
        var request = new HttpRequestMessage(method, address)
        {
            Content = content,
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).DefaultTimeout();
    }

    /// <summary>Returns what the application sees of a GET request.</summary>
    public async Task<SeenRequest> GetSeenRequestAsync(Uri address) =>
        (await Client.GetFromJsonAsync<SeenRequest>(address).DefaultTimeout())!;

    /// <summary>Returns the id of the session in which the application's tunnel is.</summary>
    public async Task<string?> GetSessionAsync(string application) => application == GatewayCases.Hosted
        ? (await GetSeenRequestAsync(Address(application, "/request"))).Session
        : _localTunnel!.Session;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (IAsyncDisposable part in _parts.AsEnumerable().Reverse())
        {
            await part.DisposeAsync();
        }
    }

    private async Task StartPartsAsync(bool withRelay)
    {
        if (Front.Program is { } program)
        {
            Proxy = await ProxyProcess.StartAsync(program, [_gateway.Http1Port, _gateway.Http2Port], FrontendProtocol.Http2);
            _parts.Add(Proxy);
        }

        var tunnel = new Uri($"https://127.0.0.1:{Port}/tunnel");
        if (withRelay)
        {
            _tunnelPath = await FaultProxy.StartAsync(tunnel, FaultProfiles.TcpOnly);
            _parts.Add(_tunnelPath);
            tunnel = new Uri($"https://127.0.0.1:{_tunnelPath.Address.Port}/tunnel");
        }

        _parts.Add(await HostedShop.StartAsync(tunnel, State));
        LocalShop local = await LocalShop.StartAsync(State);
        _parts.Add(local);
        _localTunnel = await LocalShopTunnel.StartAsync(tunnel, local);
        _parts.Add(_localTunnel);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
