namespace TunnelRpc.Cli;

/// <summary>The command line is invalid. The message says why, and is shown to the user.</summary>
internal sealed class UsageException(string message) : Exception(message);
