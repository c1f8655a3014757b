namespace TunnelRpc.Cli.Probing;

/// <summary>One attempt in <see cref="ProbeJson"/>.</summary>
internal sealed record AttemptJson(string Transport, string Outcome, int? Status, double ElapsedMs, string Reason);
