using System.Collections.Frozen;

namespace TunnelRpc.Calls;

/// <summary>The methods that one side serves, by method id. Thread-safe; a lookup takes no lock.</summary>
/// <param name="filters">The filters of each call; null for none.</param>
internal sealed class DispatchTable(FilterSet? filters = null)
{
    private readonly Lock _gate = new();

    // Immutable; replaced under _gate.
    private volatile FrozenDictionary<uint, MethodHandler> _methods = FrozenDictionary<uint, MethodHandler>.Empty;

    /// <summary>The names of the services, sorted; for error messages.</summary>
    public IReadOnlyList<string> Services => [.. _methods.Values.Select(m => m.Method.Service).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Adds the methods of a service.</summary>
    /// <param name="definition">The service.</param>
    /// <param name="activator">Resolves its implementation.</param>
    /// <param name="scheduler">Where its calls run; null for the scheduler of the session, or the thread pool.</param>
    /// <exception cref="InvalidOperationException">The service is served already, or two methods have the same id.</exception>
    public void Add<TService>(
        TunnelServiceDefinition<TService> definition, ServiceActivator<TService> activator, CallScheduler? scheduler = null)
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
                        ? $"The service {definition.Name} is served already. "
                            + "Register each contract once, or give one of them another name with [TunnelService(Name = …)]."
                        : $"The methods {other.Method.FullName} and {method.FullName} have the same id 0x{method.Id:X8}. "
                            + "Give one of them another name with [TunnelMethod(Name = …)].");
                }

                MethodHandler handler = method.Accept(factory);
                handler.Scheduler = scheduler;
                methods.Add(method.Id, handler);
            }

            _methods = methods.ToFrozenDictionary();
        }
    }

    /// <summary>The handler of a method; null when it is not served.</summary>
    public MethodHandler? FindHandler(uint methodId) => _methods.GetValueOrDefault(methodId);
}
