namespace TunnelRpc.Lab;

/// <summary>A proxy program and how it is started.</summary>
/// <param name="Package">The Debian package of the program, for the message when the program is missing.</param>
/// <param name="Executable">The path of the program.</param>
/// <param name="Configuration">The configuration template in the folder proxies.</param>
/// <param name="Arguments">The arguments; {{configuration}} is the path of the configuration file.</param>
internal sealed record ProxyProgram(string Package, string Executable, string Configuration, string Arguments)
{
    public static readonly ProxyProgram HAProxy = new("haproxy", "/usr/sbin/haproxy", "haproxy.cfg", "-db -f {{configuration}}");
    public static readonly ProxyProgram HAProxyNoDelay = HAProxy with { Configuration = "haproxy-no-delay.cfg" };
    public static readonly ProxyProgram HAProxyGateway = HAProxy with { Configuration = "haproxy-gateway.cfg" };
    public static readonly ProxyProgram NginxStock =
        new("nginx", "/usr/sbin/nginx", "nginx-stock.conf", "-e stderr -c {{configuration}} -p {{directory}}");
    public static readonly ProxyProgram NginxWebSocket = NginxStock with { Configuration = "nginx-websocket.conf" };
    public static readonly ProxyProgram NginxLimited = NginxStock with { Configuration = "nginx-limited.conf" };
    public static readonly ProxyProgram NginxUnbuffered = NginxStock with { Configuration = "nginx-unbuffered.conf" };
    public static readonly ProxyProgram NginxGateway = NginxStock with { Configuration = "nginx-gateway.conf" };
    public static readonly ProxyProgram ApacheAny =
        new("apache2", "/usr/sbin/apache2", "apache-any.conf", "-D FOREGROUND -f {{configuration}}");
    public static readonly ProxyProgram ApacheWebSocket = ApacheAny with { Configuration = "apache-websocket.conf" };
    public static readonly ProxyProgram ApacheForward = ApacheAny with { Configuration = "apache-forward.conf" };
    public static readonly ProxyProgram Squid = new("squid", "/usr/sbin/squid", "squid.conf", "-N -d 1 -f {{configuration}}");
    public static readonly ProxyProgram SquidBasic = Squid with { Configuration = "squid-basic.conf" };
    public static readonly ProxyProgram SquidDigest = Squid with { Configuration = "squid-digest.conf" };
    public static readonly ProxyProgram Tinyproxy = new("tinyproxy-bin", "/usr/bin/tinyproxy", "tinyproxy.conf", "-d -c {{configuration}}");
    public static readonly ProxyProgram Privoxy = new("privoxy", "/usr/sbin/privoxy", "privoxy.conf", "--no-daemon {{configuration}}");
    public static readonly ProxyProgram MitmproxyPlain =
        new("mitmproxy", "/usr/bin/mitmdump", "mitmproxy-plain.yaml", "-q --set confdir={{directory}}") { FileName = "config.yaml" };
    public static readonly ProxyProgram MitmproxyReverse =
        MitmproxyPlain with { Configuration = "mitmproxy-reverse.yaml", KeepsScheme = true, OwnAuthority = "mitmproxy-ca-cert.pem" };
    public static readonly ProxyProgram MitmproxyIntercepting =
        MitmproxyPlain with { Configuration = "mitmproxy-intercepting.yaml", OwnAuthority = "mitmproxy-ca-cert.pem" };

    // A program of this repository, built with the lab.
    public static readonly ProxyProgram Yarp =
        new("none: dotnet build", Path.Combine(AppContext.BaseDirectory, "TunnelRpc.Lab.Yarp"), "yarp.json", "{{configuration}}");
    public static readonly ProxyProgram YarpHttp2 = Yarp with
    {
        Configuration = "yarp-http2.json",
        FileName = "yarp-http2.json",
        Upstream = FrontendProtocol.Http2,
        SharesConnections = true,
    };
    public static readonly ProxyProgram YarpAffinity =
        Yarp with { Configuration = "yarp-affinity.json", FileName = "yarp-affinity.json", Servers = 2 };

    /// <summary>The name of the configuration file in the proxy's directory.</summary>
    public string FileName { get; init; } = Configuration;

    /// <summary>Whether a reverse proxy uses https to the server if its client uses https.</summary>
    public bool KeepsScheme { get; init; }

    /// <summary>The protocol of a reverse proxy to the server, unless <see cref="KeepsScheme"/> is set.</summary>
    public FrontendProtocol Upstream { get; init; } = FrontendProtocol.Http;

    /// <summary>
    /// Whether requests share connections to the server, so that one transport may work because others are in use. Each is tested alone.
    /// </summary>
    public bool SharesConnections { get; init; }

    /// <summary>The number of servers to which a reverse proxy distributes requests.</summary>
    public int Servers { get; init; } = 1;

    /// <summary>
    /// The file, in the proxy's directory, with the certificate of the proxy's own authority, which clients must trust; null if the proxy
    /// has a certificate of the lab's authority.
    /// </summary>
    public string? OwnAuthority { get; init; }
}
