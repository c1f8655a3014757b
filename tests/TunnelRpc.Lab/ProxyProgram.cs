namespace TunnelRpc.Lab;

/// <summary>How a proxy is started.</summary>
/// <param name="Package">The Debian package that has it; for the message when it is missing.</param>
/// <param name="Executable">The program.</param>
/// <param name="Configuration">Its configuration in the folder proxies.</param>
/// <param name="Arguments">Its arguments; {{configuration}} is the filled-in file.</param>
internal sealed record ProxyProgram(string Package, string Executable, string Configuration, string Arguments)
{
    public static readonly ProxyProgram HAProxy = new("haproxy", "/usr/sbin/haproxy", "haproxy.cfg", "-db -f {{configuration}}");
    public static readonly ProxyProgram HAProxyNoDelay = HAProxy with { Configuration = "haproxy-no-delay.cfg" };
    public static readonly ProxyProgram NginxStock = new("nginx", "/usr/sbin/nginx", "nginx-stock.conf", "-e stderr -c {{configuration}} -p {{directory}}");
    public static readonly ProxyProgram NginxWebSocket = NginxStock with { Configuration = "nginx-websocket.conf" };
    public static readonly ProxyProgram NginxLimited = NginxStock with { Configuration = "nginx-limited.conf" };
    public static readonly ProxyProgram NginxUnbuffered = NginxStock with { Configuration = "nginx-unbuffered.conf" };
    public static readonly ProxyProgram ApacheAny = new("apache2", "/usr/sbin/apache2", "apache-any.conf", "-D FOREGROUND -f {{configuration}}");
    public static readonly ProxyProgram ApacheWebSocket = ApacheAny with { Configuration = "apache-websocket.conf" };
    public static readonly ProxyProgram ApacheForward = ApacheAny with { Configuration = "apache-forward.conf" };
    public static readonly ProxyProgram Squid = new("squid", "/usr/sbin/squid", "squid.conf", "-N -d 1 -f {{configuration}}");
    public static readonly ProxyProgram SquidBasic = Squid with { Configuration = "squid-basic.conf" };
    public static readonly ProxyProgram SquidDigest = Squid with { Configuration = "squid-digest.conf" };
    public static readonly ProxyProgram Tinyproxy = new("tinyproxy-bin", "/usr/bin/tinyproxy", "tinyproxy.conf", "-d -c {{configuration}}");
    public static readonly ProxyProgram Privoxy = new("privoxy", "/usr/sbin/privoxy", "privoxy.conf", "--no-daemon {{configuration}}");
    public static readonly ProxyProgram MitmproxyPlain = new("mitmproxy", "/usr/bin/mitmdump", "mitmproxy-plain.yaml", "-q --set confdir={{directory}}") { FileName = "config.yaml" };
    public static readonly ProxyProgram MitmproxyReverse = MitmproxyPlain with { Configuration = "mitmproxy-reverse.yaml", KeepsScheme = true, OwnAuthority = "mitmproxy-ca-cert.pem" };
    public static readonly ProxyProgram MitmproxyIntercepting = MitmproxyPlain with { Configuration = "mitmproxy-intercepting.yaml", OwnAuthority = "mitmproxy-ca-cert.pem" };

    /// <summary>What the filled-in configuration is called in the proxy's directory.</summary>
    public string FileName { get; init; } = Configuration;

    /// <summary>Whether a reverse proxy speaks https to the server when its client speaks https to it.</summary>
    public bool KeepsScheme { get; init; }

    /// <summary>The certificate of its own authority, in its directory, which its clients have to trust; null when it shows the lab's.</summary>
    public string? OwnAuthority { get; init; }
}
