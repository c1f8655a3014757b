namespace TunnelRpc.AspNetCore;

/// <summary>Names the services that a mapped path serves. Not thread-safe.</summary>
public sealed class TunnelPathServices
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal TunnelPathServices()
    {
    }

    internal IReadOnlySet<string> Names => _names;

    /// <summary>Serves a contract at the path. The server must have it: AddTunnelRpc().AddService.</summary>
    /// <typeparam name="TService">The contract.</typeparam>
    /// <returns>This object.</returns>
    public TunnelPathServices Add<TService>()
        where TService : class, ITunnelService<TService>
    {
        _names.Add(TService.TunnelDefinition.Name);
        return this;
    }
}
