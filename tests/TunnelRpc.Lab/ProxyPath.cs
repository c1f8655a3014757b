namespace TunnelRpc.Lab;

/// <summary>A way from the client to the server, and what must be found on it.</summary>
/// <param name="Proxy">The proxy's name in tests and on the page.</param>
/// <param name="Program">The proxy; null for none.</param>
/// <param name="IsForward">Whether the client is told of the proxy, rather than being given its address for the server's.</param>
/// <param name="Frontend">What the client speaks.</param>
/// <param name="ExpectedTransport">The transport by which a client with default options connects.</param>
/// <param name="WorkingTransports">The transports that connect and carry calls when they are the only one allowed.</param>
internal sealed record ProxyPath(string Proxy, ProxyProgram? Program, bool IsForward, FrontendProtocol Frontend, string ExpectedTransport, IReadOnlyList<string> WorkingTransports)
{
    /// <summary>Whether the proxy asks for credentials.</summary>
    public bool NeedsCredentials { get; init; }

    /// <summary>What the page calls the front end.</summary>
    public string FrontendName => Frontend switch
    {
        FrontendProtocol.Http => "http",
        FrontendProtocol.Https => "https",
        _ => "https, HTTP/2",
    };

    /// <summary>The name by which tests are told apart.</summary>
    public override string ToString() => $"{Proxy}, {FrontendName}";
}
