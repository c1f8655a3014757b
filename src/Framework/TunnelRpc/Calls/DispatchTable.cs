using System.Collections.Frozen;
using TunnelRpc.Compatibility;

namespace TunnelRpc.Calls;

/// <summary>The methods that one side serves, by method id. Thread-safe; a lookup takes no lock.</summary>
/// <param name="filters">The filters of each call; null for none.</param>
/// <param name="authorizations">Finds what calls require; null if nothing is ever required.</param>
internal sealed class DispatchTable(FilterSet? filters = null, AuthorizationProvider? authorizations = null)
{
    private readonly FilterSet? _filters = filters;
    private readonly AuthorizationProvider? _authorizations = authorizations;
    private readonly Lock _gate = new();

    // Reset when a service is added. Written atomically: a duplicate computation has the same result.
    private volatile ContractVersions? _versions;

    // Immutable; replaced under _gate.
    private volatile FrozenDictionary<uint, MethodHandler> _methods = FrozenDictionary<uint, MethodHandler>.Empty;

    // Null if this table is the root itself.
    private readonly DispatchTable? _root;

    private DispatchTable(DispatchTable root, FrozenDictionary<uint, MethodHandler> methods)
        : this(root._filters, root._authorizations)
    {
        _root = root;
        RestrictedReferences = root.RestrictedReferences;
        _methods = methods;
    }

    /// <summary>The table of all services of this side, of which this one has some or all.</summary>
    public DispatchTable Root => _root ?? this;

    /// <summary>The names of the services, sorted; for error messages.</summary>
    public IReadOnlyList<string> Services => [.. _methods.Values.Select(m => m.Method.Service).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Adds the methods of a service.</summary>
    /// <param name="definition">The service.</param>
    /// <param name="activator">Resolves its implementation.</param>
    /// <param name="scheduler">Where its calls run; null for the scheduler of the session, or the thread pool.</param>
    /// <param name="metadata">What the registration requires of callers, beside the attributes; null for nothing.</param>
    /// <exception cref="InvalidOperationException">
    /// The service is served already, two methods have the same id, or what its attributes require cannot be evaluated.
    /// </exception>
    public void Add<TService>(
        TunnelServiceDefinition<TService> definition,
        ServiceActivator<TService> activator,
        CallScheduler? scheduler = null,
        IReadOnlyList<object>? metadata = null)
        where TService : class
    {
        var factory = new MethodHandlerFactory<TService>(activator, _filters);
        AuthorizationTarget? target = activator.Implementation is { } implementation
            ? new(typeof(TService), definition.Bases, implementation, metadata ?? [])
            : null;
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
                handler.Authorization = target is null ? null : _authorizations?.Find(method, target);
                methods.Add(method.Id, handler);
            }

            _methods = methods.ToFrozenDictionary();
            _versions = null;
        }
    }

    /// <summary>The contracts of the services, and those that they call back, as this side declares them.</summary>
    public ContractVersions Versions => _versions ??= new ContractVersions(_methods.Values.Select(m => m.Method));

    /// <summary>The fingerprints of <see cref="Versions"/>.</summary>
    public FingerprintList Fingerprints => Versions.Fingerprints;

    /// <summary>Whether calls of a service need authorization, all or some.</summary>
    public bool RequiresAuthorization(string service) =>
        _methods.Values.Any(m => m.Method.Service == service && m.Authorization is not null);

    /// <summary>A snapshot of the methods.</summary>
    public IEnumerable<TunnelMethod> Methods => _methods.Values.Select(m => m.Method);

    /// <summary>The handlers of objects that are passed by reference and require something; null if nothing is ever required.</summary>
    public ReferenceHandlers? RestrictedReferences { get; } = authorizations is null ? null : new ReferenceHandlers(authorizations);

    /// <summary>Returns a table with only some of the services.</summary>
    /// <param name="services">The names of the services.</param>
    /// <exception cref="InvalidOperationException">One of the services is not in this table.</exception>
    public DispatchTable Restrict(IReadOnlySet<string> services)
    {
        FrozenDictionary<uint, MethodHandler> methods = _methods;
        if (services.Except(Services).FirstOrDefault() is { } missing)
        {
            throw new InvalidOperationException(
                $"Expected only services that the server has, got {missing}. Add it with AddTunnelRpc().AddService<…>(). The server has: "
                + $"{string.Join(", ", Services)}.");
        }

        return new DispatchTable(Root, methods.Where(m => services.Contains(m.Value.Method.Service)).ToFrozenDictionary());
    }

    /// <summary>The handler of a method; null when it is not served.</summary>
    public MethodHandler? FindHandler(uint methodId) => _methods.GetValueOrDefault(methodId);
}
