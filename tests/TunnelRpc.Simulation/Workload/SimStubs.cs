namespace TunnelRpc.Simulation.Workload;

/// <summary>What one side calls the other one through.</summary>
/// <param name="Session">The session; null where each call looks for its own.</param>
/// <param name="Service">The service.</param>
/// <param name="Ledger">The one whose calls run in order.</param>
internal sealed record SimStubs(string? Session, ISimService Service, ISimLedger Ledger);
