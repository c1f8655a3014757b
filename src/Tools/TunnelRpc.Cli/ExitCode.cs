namespace TunnelRpc.Cli;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    /// <summary>A path carries calls both ways; a server ended in order.</summary>
    public const int Ok = 0;

    /// <summary>No path does; a server could not be started.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;
}
