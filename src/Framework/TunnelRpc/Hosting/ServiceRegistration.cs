using TunnelRpc.Calls;

namespace TunnelRpc.Hosting;

/// <summary>A served contract in the service collection.</summary>
/// <param name="Add">Adds the contract to a dispatch table. Called once for each table, with the application's service provider.</param>
internal sealed record ServiceRegistration(Action<DispatchTable, IServiceProvider, ServiceRegistration> Add)
{
    /// <summary>What the registration requires of callers: data, policies and [AllowAnonymous], as attributes of the class would.</summary>
    public List<object> Metadata { get; } = [];

    /// <summary>Adds the contract to a dispatch table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="services">The application's service provider.</param>
    public void Register(DispatchTable table, IServiceProvider services) => Add(table, services, this);
}
