using System.Collections.Frozen;

namespace TunnelRpc.Calls;

/// <summary>What one side serves: methods by their number on the wire. Thread-safe; reads take no lock.</summary>
/// <param name="filters">What runs around each call; null for nothing.</param>
internal sealed class DispatchTable(FilterSet? filters = null)
{
    private readonly Lock _gate = new();

    // Replaced as a whole, under _gate.
    private volatile FrozenDictionary<uint, MethodHandler> _methods = FrozenDictionary<uint, MethodHandler>.Empty;

    /// <summary>The names of the services, sorted; for messages.</summary>
    public IReadOnlyList<string> Services => [.. _methods.Values.Select(m => m.Method.Service).Distinct().Order(StringComparer.Ordinal)];

    /// <exception cref="InvalidOperationException">The service is served already, or two methods have the same number.</exception>
    public void Add<TService>(TunnelServiceDefinition<TService> definition, ServiceActivator<TService> activator)
        where TService : class
    {
        var factory = new MethodHandlerFactory<TService>(activator, filters);
        lock (_gate)
        {
            var methods = new Dictionary<uint, MethodHandler>(_methods);
            foreach (TunnelMethod<TService> method in definition.Methods)
            {
                if (methods.TryGetValue(method.Id, out MethodHandler? other))
                {
                    throw new InvalidOperationException(other.Method.FullName == method.FullName
                        ? $"The service {definition.Name} is served already. Register each contract once, or give one of them another name with [TunnelService(Name = …)]."
                        : $"The methods {other.Method.FullName} and {method.FullName} have the same number 0x{method.Id:X8} on the wire. Give one of them another name with [TunnelMethod(Name = …)].");
                }

                methods.Add(method.Id, method.Accept(factory));
            }

            _methods = methods.ToFrozenDictionary();
        }
    }

    public MethodHandler? FindHandler(uint methodId) => _methods.GetValueOrDefault(methodId);
}
