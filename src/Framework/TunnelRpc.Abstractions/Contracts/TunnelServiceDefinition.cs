using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>The definition of a contract. Generated code creates one instance for each contract. Immutable and thread-safe.</summary>
/// <typeparam name="TService">The contract.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TunnelServiceDefinition<TService>
    where TService : class
{
    private readonly Func<TunnelInvoker, TService> _createStub;

    /// <summary>Creates a definition. Called by generated code.</summary>
    /// <param name="name">The service's name on the wire; not empty.</param>
    /// <param name="createStub">Creates a stub.</param>
    /// <param name="methods">The service's methods.</param>
    public TunnelServiceDefinition(
        string name, Func<TunnelInvoker, TService> createStub, params IReadOnlyList<TunnelMethod<TService>> methods)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(createStub);
        ArgumentNullException.ThrowIfNull(methods);
        Name = name;
        Methods = methods;
        _createStub = createStub;
    }

    /// <summary>The service's name on the wire.</summary>
    public string Name { get; }

    /// <summary>The service's methods, in declaration order.</summary>
    public IReadOnlyList<TunnelMethod<TService>> Methods { get; }

    /// <summary>The base interfaces of the contract, direct and indirect; empty for most contracts. Set by generated code.</summary>
    public IReadOnlyList<Type> Bases { get; init; } = [];

    /// <summary>
    /// Visits the formatters that are generated for the types of the contract. Set by generated code. It is a delegate, so that formatters
    /// are created when they are needed.
    /// </summary>
    public Action<ITunnelFormatterVisitor> VisitFormatters { get; init; } = static _ => { };

    /// <summary>Creates a stub whose calls <paramref name="invoker"/> makes. A stub is thread-safe and holds nothing to dispose.</summary>
    public TService CreateStub(TunnelInvoker invoker) => _createStub(invoker);
}
