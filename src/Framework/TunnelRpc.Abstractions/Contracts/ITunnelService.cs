using System.ComponentModel;

namespace TunnelRpc;

// Decision: docs/adr/0007-users-vocabulary-in-root-namespace.md
/// <summary>
/// Implemented by the generated part of every interface with <see cref="TunnelServiceAttribute"/>, so that an interface without the
/// attribute does not compile where a contract is required. Never implement it by hand.
/// </summary>
/// <typeparam name="TSelf">The contract itself.</typeparam>
public interface ITunnelService<TSelf>
    where TSelf : class, ITunnelService<TSelf>
{
    /// <summary>The contract's name and methods, and the factory of its stubs.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    static abstract TunnelServiceDefinition<TSelf> TunnelDefinition { get; }
}
