namespace TunnelRpc.Simulation.Workload;

/// <summary>The stubs through which one side calls the other.</summary>
/// <param name="Session">The id of the session; null if no session exists or calls choose their own.</param>
/// <param name="Service">The stub of the service with every kind of call.</param>
/// <param name="Ledger">The stub of the service with ordered dispatch.</param>
internal sealed record SimStubs(string? Session, ISimService Service, ISimLedger Ledger);
