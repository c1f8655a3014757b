using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>A served contract in the service collection.</summary>
/// <param name="Register">Adds the contract to a dispatch table. Called once, with the application's service provider.</param>
internal sealed record ServiceRegistration(Action<DispatchTable, IServiceProvider> Register);
