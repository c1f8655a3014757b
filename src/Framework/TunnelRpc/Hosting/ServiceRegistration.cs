using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>One served contract, as registered with the services: adds itself to a table.</summary>
internal sealed record ServiceRegistration(Action<DispatchTable, IServiceProvider> Register);
