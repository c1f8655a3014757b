using System.Net;
using System.Runtime.Versioning;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace TunnelRpc.Lab;

/// <summary>A server, a proxy to it, and clients for that path. Thread-safe except for disposal.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabSetup : IAsyncDisposable
{
    public static readonly NetworkCredential Credentials = new("ann", "secret");

    private readonly IReadOnlyList<LabServer> _servers;

    private LabSetup(ProxyPath path, IReadOnlyList<LabServer> servers, ProxyProcess? proxy)
    {
        Path = path;
        _servers = servers;
        Proxy = proxy;
    }

    public ProxyPath Path { get; }

    /// <summary>The server, or the first of several.</summary>
    public LabServer Server => _servers[0];

    /// <summary>The proxy; null when the client connects to the server directly.</summary>
    public ProxyProcess? Proxy { get; }

    /// <summary>The output of the proxy, for failure messages.</summary>
    public string Output => Proxy?.Output ?? "(no proxy)";

    private Uri FrontendAddress => Path.IsForward || Proxy is null ? Server.AddressFor(Path.Frontend) : Proxy.Address;

    public static async Task<LabSetup> StartAsync(ProxyPath path, Action<TunnelServerOptions>? configure = null)
    {
        List<LabServer> servers = [];
        try
        {
            for (int i = 0; i < (path.Program?.Servers ?? 1); i++)
            {
                servers.Add(await LabServer.StartAsync(configure: configure));
            }

            if (path.Program is not { } program)
            {
                return new LabSetup(path, servers, null);
            }

            FrontendProtocol upstreamProtocol = path.IsForward || program.KeepsScheme ? path.Frontend : program.Upstream;
            ProxyProcess proxy = await ProxyProcess.StartAsync(
                program,
                [.. servers.Select(s => s.AddressFor(upstreamProtocol).Port)],
                path.IsForward ? FrontendProtocol.Http : path.Frontend);
            return new LabSetup(path, servers, proxy);
        }
        catch
        {
            await StopAsync(servers);
            throw;
        }
    }

    /// <summary>Creates a client that is not connected yet.</summary>
    public TunnelClient CreateClient(Action<TunnelClientOptions>? configure = null)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri(FrontendAddress, "/tunnel"),
            ConnectTimeout = TimeSpan.Zero,
            Proxy = Path.IsForward ? Proxy!.Address : null,
            ProxyCredentials = Path.NeedsCredentials ? Credentials : null,
            RemoteCertificateValidationCallback = LabCertificate.Trusting(Proxy?.Authority),
        };
        options.Serve<ILabClient>(new LabClient());
        configure?.Invoke(options);
        return new TunnelClient(options);
    }

    public async Task<TunnelClient> ConnectAsync(Action<TunnelClientOptions>? configure = null)
    {
        TunnelClient client = CreateClient(configure);
        try
        {
            await client.ConnectAsync();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Removes all transports except one.</summary>
    public static void UseOnly(TunnelClientOptions options, string transport)
    {
        ITransport only = options.Transports.First(t => t.Name == transport);
        options.Transports.Clear();
        options.Transports.Add(only);
    }

    /// <summary>Gets a page of the server by the same path with a plain HTTP client on a new connection.</summary>
    public async Task GetPlainAsync(CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = Path.IsForward,
            Proxy = Path.IsForward ? new WebProxy(Proxy!.Address) { Credentials = Path.NeedsCredentials ? Credentials : null } : null,
        };
        handler.SslOptions.RemoteCertificateValidationCallback = LabCertificate.Trusting(Proxy?.Authority);
        using var client = new HttpClient(handler);
        client.DefaultRequestVersion = Path.Frontend == FrontendProtocol.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        string text = await client.GetStringAsync(new Uri(FrontendAddress, LabServer.PlainPath), cancellationToken);
        if (text != LabServer.PlainText)
        {
            throw new InvalidOperationException($"Expected \"{LabServer.PlainText}\" through {Path}, got \"{text}\".");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }

        await StopAsync(_servers);
    }

    private static async Task StopAsync(IReadOnlyList<LabServer> servers)
    {
        foreach (LabServer server in servers)
        {
            await server.DisposeAsync();
        }
    }
}
