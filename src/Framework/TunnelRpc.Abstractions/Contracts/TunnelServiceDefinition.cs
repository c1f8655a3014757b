namespace TunnelRpc;

/// <summary>What the generator knows of a contract: immutable, made once a contract, safe to share between threads.</summary>
/// <typeparam name="TService">The contract.</typeparam>
public sealed class TunnelServiceDefinition<TService>
    where TService : class
{
    private readonly Func<TunnelInvoker, TService> _createStub;

    /// <summary>Called by generated code.</summary>
    public TunnelServiceDefinition(string name, Func<TunnelInvoker, TService> createStub, params IReadOnlyList<TunnelMethod<TService>> methods)
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

    /// <summary>The service's methods, in the order the contract declares them.</summary>
    public IReadOnlyList<TunnelMethod<TService>> Methods { get; }

    /// <summary>Makes a stub whose calls go through <paramref name="invoker"/>. A stub holds nothing to dispose and is thread-safe.</summary>
    public TService CreateStub(TunnelInvoker invoker) => _createStub(invoker);
}
