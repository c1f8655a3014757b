using TunnelRpc;

namespace Fleet.Contracts;

/// <summary>The output of a running command: lines, then the exit code.</summary>
[TunnelUnion(1, typeof(OutputLine))]
[TunnelUnion(2, typeof(CommandExit))]
public abstract record CommandOutput;
