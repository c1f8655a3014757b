namespace TunnelRpc.Cli;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCode
{
    /// <summary>probe: a path carries calls in both directions. serve: the server was stopped.</summary>
    public const int Ok = 0;

    /// <summary>probe: no path carries calls in both directions. serve: the server could not start.</summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid.</summary>
    public const int Usage = 2;
}
