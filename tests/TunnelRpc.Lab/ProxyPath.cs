namespace TunnelRpc.Lab;

/// <summary>A network path from the client to the server, and the expected results on it.</summary>
/// <param name="Proxy">The proxy's name in tests and on the page.</param>
/// <param name="Program">The proxy program; null for none.</param>
/// <param name="IsForward">
/// Whether it is a forward proxy, configured at the client; a reverse proxy's address is the client's server address.
/// </param>
/// <param name="Frontend">The protocol of the client.</param>
/// <param name="ExpectedTransport">The transport by which a client with default options connects.</param>
/// <param name="WorkingTransports">The transports that connect and carry calls when they are the only one allowed.</param>
internal sealed record ProxyPath(
    string Proxy,
    ProxyProgram? Program,
    bool IsForward,
    FrontendProtocol Frontend,
    string ExpectedTransport,
    IReadOnlyList<string> WorkingTransports)
{
    /// <summary>Whether the proxy requires credentials.</summary>
    public bool NeedsCredentials { get; init; }

    /// <summary>The name of the front end on the page.</summary>
    public string FrontendName => Frontend switch
    {
        FrontendProtocol.Http => "http",
        FrontendProtocol.Https => "https",
        _ => "https, HTTP/2",
    };

    /// <summary>Returns the unique name of the path, a parameter of the tests.</summary>
    public override string ToString() => $"{Proxy}, {FrontendName}";
}
