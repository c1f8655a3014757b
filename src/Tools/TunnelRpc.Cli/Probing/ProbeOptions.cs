using System.Net;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>What is to be probed, and how.</summary>
internal sealed record ProbeOptions(Uri Address, IReadOnlyList<ITransport> Transports)
{
    public Uri? Proxy { get; init; }

    public NetworkCredential? ProxyCredentials { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>How many calls, and how many calls back.</summary>
    public int Calls { get; init; }

    /// <summary>How many bytes each of them carries each way.</summary>
    public long Bytes { get; init; }

    /// <summary>The most that an attempt, and each call, may take.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Whether any certificate is taken.</summary>
    public bool Insecure { get; init; }

    public bool EndToEndTls { get; init; }

    /// <summary>SHA-256 of the end-to-end certificate; null for the platform's check.</summary>
    public string? Pin { get; init; }
}
