namespace TunnelRpc.Cli.Exposing;

/// <summary>How "tunnelrpc expose" has ended.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Failure">Why it has failed, for the error output; null if it was ended.</param>
internal sealed record ExposeResult(int ExitCode, string? Failure);
