using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>The parameters of theories: each front, with each kind of application behind the gateway.</summary>
internal static class GatewayCases
{
    /// <summary>An application without a socket (UseTunnelRpcServer).</summary>
    public const string Hosted = "hosted";

    /// <summary>A web server on a port, behind a client of the tunnel (AddHttpOrigin), reached over HTTP/1.1.</summary>
    public const string Local = "local";

    /// <summary>The same server, reached over HTTP/2.</summary>
    public const string LocalHttp2 = "local-http2";

    /// <summary>The names of the fronts.</summary>
    public static TheoryData<string> Fronts => [.. GatewayFront.All.Select(front => front.Name)];

    /// <summary>Fronts and applications.</summary>
    public static TheoryData<string, string> All => Combine(Hosted, Local);

    /// <summary>Fronts and applications that take HTTP/2, which gRPC needs.</summary>
    public static TheoryData<string, string> Http2 => Combine(Hosted, LocalHttp2);

    private static TheoryData<string, string> Combine(params string[] applications)
    {
        var data = new TheoryData<string, string>();
        foreach (GatewayFront front in GatewayFront.All)
        {
            foreach (string application in applications)
            {
                data.Add(front.Name, application);
            }
        }

        return data;
    }
}
