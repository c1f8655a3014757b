using TunnelRpc.Hosting;

namespace TunnelRpc.Client.Hosting;

/// <summary>A contract that a client serves; apart from those of a server in the same service collection.</summary>
internal sealed record CallbackRegistration(ServiceRegistration Registration);
