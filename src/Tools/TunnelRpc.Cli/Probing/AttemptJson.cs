namespace TunnelRpc.Cli.Probing;

/// <summary>One attempt in <see cref="ProbeJson"/>.</summary>
internal sealed record AttemptJson(
    string Transport, string Outcome, int? Status, double ElapsedMs, string Reason, IReadOnlyList<AddressJson> Addresses);

/// <summary>One address that an attempt tried.</summary>
internal sealed record AddressJson(string Address, string Outcome, double ElapsedMs, string? Error);
