using TunnelRpc.Cli.Connecting;

namespace TunnelRpc.Cli.Exposing;

/// <summary>The options of the command "tunnelrpc expose". Immutable.</summary>
/// <param name="Origin">The address of the local server.</param>
/// <param name="Name">The name under which it is reached.</param>
/// <param name="Gateway">The tunnel of the gateway.</param>
internal sealed record ExposeOptions(Uri Origin, string Name, Uri Gateway)
{
    /// <summary>How to connect to the gateway.</summary>
    public TunnelSettings Tunnel { get; init; } = new();

    /// <summary>The Host of the requests to the local server; null for that of the request.</summary>
    public string? HostHeader { get; init; }

    /// <summary>The most time for the first connect and the first claim.</summary>
    public TimeSpan Timeout { get; init; }
}
