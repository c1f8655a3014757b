namespace TunnelRpc.Lab;

/// <summary>A way from the client to the server, and what must be found on it.</summary>
/// <param name="Proxy">The proxy's name in tests and on the page.</param>
/// <param name="Program">The proxy; null for none.</param>
/// <param name="IsForward">Whether the client is told of the proxy, rather than being given its address for the server's.</param>
/// <param name="Front">What the client speaks.</param>
/// <param name="Winner">The transport by which a client with default options connects.</param>
/// <param name="Passes">The transports that connect and carry calls when they are the only one allowed.</param>
internal sealed record ProxyPath(string Proxy, ProxyProgram? Program, bool IsForward, Front Front, string Winner, IReadOnlyList<string> Passes)
{
    /// <summary>Whether the proxy asks for credentials.</summary>
    public bool NeedsCredentials { get; init; }

    /// <summary>What the page calls the front end.</summary>
    public string FrontName => Front switch
    {
        Front.Http => "http",
        Front.Https => "https",
        _ => "https, HTTP/2",
    };

    /// <summary>The name by which tests are told apart.</summary>
    public override string ToString() => $"{Proxy}, {FrontName}";
}
