using TunnelRpc.Cli.Connecting;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>The options of the command "tunnelrpc probe".</summary>
/// <param name="Address">The URL of the server.</param>
/// <param name="Transports">The transports to try, in the order of preference.</param>
internal sealed record ProbeOptions(Uri Address, IReadOnlyList<ITransport> Transports)
{
    /// <summary>How to connect.</summary>
    public TunnelSettings Tunnel { get; init; } = new();

    /// <summary>The number of calls, and the number of callbacks.</summary>
    public int Calls { get; init; }

    /// <summary>The number of bytes that each call and each callback carries in each direction.</summary>
    public long Bytes { get; init; }

    /// <summary>The most time for each attempt and each call.</summary>
    public TimeSpan Timeout { get; init; }
}
