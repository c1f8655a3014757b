using TunnelRpc.Hosting;

namespace TunnelRpc.Client.Hosting;

/// <summary>
/// A contract that a client serves. A type of its own keeps it apart from the contracts that a server in the same service collection
/// serves.
/// </summary>
/// <param name="ClientName">The name of the client; null for the unnamed client.</param>
/// <param name="Registration">The contract and its implementation.</param>
internal sealed record CallbackRegistration(string? ClientName, ServiceRegistration Registration);
