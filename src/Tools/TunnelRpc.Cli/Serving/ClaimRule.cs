namespace TunnelRpc.Cli.Serving;

/// <summary>Who may claim names of the gateway (--claims).</summary>
internal enum ClaimRule
{
    /// <summary>No client.</summary>
    None,

    /// <summary>The users of --tokens.</summary>
    User,

    /// <summary>Every client.</summary>
    Any,
}
