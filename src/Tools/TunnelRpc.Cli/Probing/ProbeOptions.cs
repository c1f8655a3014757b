using System.Net;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>The options of the command "tunnelrpc probe".</summary>
/// <param name="Address">The URL of the server.</param>
/// <param name="Transports">The transports to try, in the order of preference.</param>
internal sealed record ProbeOptions(Uri Address, IReadOnlyList<ITransport> Transports)
{
    /// <summary>The HTTP proxy, without user info; null for the platform's choice.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The proxy's credentials; null for none.</summary>
    public NetworkCredential? ProxyCredentials { get; init; }

    /// <summary>The headers of each request to the server.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The number of calls, and the number of callbacks.</summary>
    public int Calls { get; init; }

    /// <summary>The number of bytes that each call and each callback carries in each direction.</summary>
    public long Bytes { get; init; }

    /// <summary>The most time for each attempt and each call.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Whether any certificate is accepted.</summary>
    public bool Insecure { get; init; }

    /// <summary>Whether end-to-end TLS is required.</summary>
    public bool EndToEndTls { get; init; }

    /// <summary>The SHA-256 thumbprint of the end-to-end certificate; null for the platform's validation.</summary>
    public string? Pin { get; init; }
}
