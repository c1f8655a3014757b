namespace TunnelRpc.Lab;

/// <summary>How a proxy is started.</summary>
/// <param name="Package">The Debian package that has it; for the message when it is missing.</param>
/// <param name="Executable">The program.</param>
/// <param name="Configuration">Its configuration in the folder proxies.</param>
/// <param name="Arguments">Its arguments; {{configuration}} is the filled-in file.</param>
internal sealed record ProxyProgram(string Package, string Executable, string Configuration, string Arguments)
{
    public static readonly ProxyProgram HAProxy = new("haproxy", "/usr/sbin/haproxy", "haproxy.cfg", "-db -f {{configuration}}");
    public static readonly ProxyProgram HAProxyNoDelay = new("haproxy", "/usr/sbin/haproxy", "haproxy-no-delay.cfg", "-db -f {{configuration}}");
    public static readonly ProxyProgram NginxWebSocket = new("nginx", "/usr/sbin/nginx", "nginx-websocket.conf", "-e stderr -c {{configuration}} -p {{directory}}");
    public static readonly ProxyProgram NginxStock = new("nginx", "/usr/sbin/nginx", "nginx-stock.conf", "-e stderr -c {{configuration}} -p {{directory}}");
    public static readonly ProxyProgram Squid = new("squid", "/usr/sbin/squid", "squid.conf", "-N -d 1 -f {{configuration}}");
    public static readonly ProxyProgram SquidBasic = new("squid", "/usr/sbin/squid", "squid-basic.conf", "-N -d 1 -f {{configuration}}");
}
