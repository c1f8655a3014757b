namespace TunnelRpc.Cli.Serving;

/// <summary>What "tunnelrpc serve" serves in addition to tunnels. Each path begins with a slash and does not end with one.</summary>
internal sealed record RelayOptions
{
    /// <summary>The path below which the names are reached; null for no gateway.</summary>
    public string? Gateway { get; init; }

    /// <summary>The path of the httpsock echo; null for none.</summary>
    public string? HttpSock { get; init; }

    /// <summary>The path of the ReverseHttp relay; null for none.</summary>
    public string? ReverseHttp { get; init; }

    /// <summary>The targets to which the ReverseHttp relay forwards: HOST or HOST:PORT. Empty: none.</summary>
    public IReadOnlyList<string> RelayTo { get; init; } = [];

    /// <summary>The path below which names are polled as JSON; null for none.</summary>
    public string? Comet { get; init; }

    /// <summary>The path below which names are claimed by upgrades to PTTH; null for none.</summary>
    public string? Ptth { get; init; }

    /// <summary>The path below which names are polled by raw HTTP in POST; null for none.</summary>
    public string? Raw { get; init; }

    /// <summary>Who may claim names.</summary>
    public ClaimRule Claims { get; init; }

    /// <summary>The users and their tokens; null for anonymous clients only.</summary>
    public TokenUsers? Users { get; init; }
}
