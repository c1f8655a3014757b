using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>What comes of a command that runs: lines, then the exit code.</summary>
[TunnelUnion(1, typeof(OutputLine))]
[TunnelUnion(2, typeof(CommandExit))]
public abstract record CommandOutput;
