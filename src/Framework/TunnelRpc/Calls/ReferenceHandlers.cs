using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls;

/// <summary>
/// The handlers of the calls on objects that are passed by reference, for objects whose class or contract may require something of callers.
/// Thread-safe.
/// </summary>
/// <param name="authorizations">Finds what calls require.</param>
internal sealed class ReferenceHandlers(AuthorizationProvider authorizations)
{
    // By contract (its list of methods, of which there is one) and class. The value is null if calls of the class require nothing.
    private readonly ConditionalWeakTable<object, ConcurrentDictionary<Type, FrozenDictionary<uint, MethodHandler>?>> _handlers = [];

    /// <summary>Creates the handlers of a contract.</summary>
    /// <param name="methods">The methods of the contract.</param>
    public static FrozenDictionary<uint, MethodHandler> Create<TService>(IReadOnlyList<TunnelMethod<TService>> methods)
        where TService : class
    {
        var factory = new MethodHandlerFactory<TService>(ReferenceActivator<TService>.Instance, filters: null);
        return methods.ToFrozenDictionary(method => method.Id, method => method.Accept(factory));
    }

    /// <summary>Returns the handlers for objects of a class; null if its calls require nothing.</summary>
    /// <param name="methods">The methods of the contract.</param>
    /// <param name="bases">The base interfaces of the contract.</param>
    /// <param name="implementation">The class of the object.</param>
    /// <exception cref="InvalidOperationException">What is required cannot be evaluated.</exception>
    public FrozenDictionary<uint, MethodHandler>? Find<TService>(
        IReadOnlyList<TunnelMethod<TService>> methods, IReadOnlyList<Type> bases, Type implementation)
        where TService : class
    {
        ConcurrentDictionary<Type, FrozenDictionary<uint, MethodHandler>?> handlers = _handlers.GetOrCreateValue(methods);
        return handlers.TryGetValue(implementation, out FrozenDictionary<uint, MethodHandler>? known)
            ? known
            : handlers.GetOrAdd(implementation, CreateRestricted(methods, bases, implementation));
    }

    private FrozenDictionary<uint, MethodHandler>? CreateRestricted<TService>(
        IReadOnlyList<TunnelMethod<TService>> methods, IReadOnlyList<Type> bases, Type implementation)
        where TService : class
    {
        var target = new AuthorizationTarget(typeof(TService), bases, implementation, []);
        Dictionary<uint, MethodAuthorization> found = [];
        foreach (TunnelMethod<TService> method in methods)
        {
            if (authorizations.Find(method, target) is { } authorization)
            {
                found.Add(method.Id, authorization);
            }
        }

        if (found.Count == 0)
        {
            return null;
        }

        FrozenDictionary<uint, MethodHandler> handlers = Create(methods);
        foreach ((uint id, MethodAuthorization authorization) in found)
        {
            handlers[id].Authorization = authorization;
        }

        return handlers;
    }
}
