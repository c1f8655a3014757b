namespace TunnelRpc.Cli;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCode
{
    /// <summary>
    /// probe: a path carries calls in both directions. serve, expose: the command was stopped. contract: no change breaks a peer.
    /// </summary>
    public const int Ok = 0;

    /// <summary>
    /// probe: no path carries calls in both directions. serve: the server could not start. expose: the gateway could
    /// not be reached. contract: a change breaks a peer.
    /// </summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid. contract: also that a file cannot be read.</summary>
    public const int Usage = 2;

    /// <summary>expose: the gateway refuses the name.</summary>
    public const int Refused = 3;
}
