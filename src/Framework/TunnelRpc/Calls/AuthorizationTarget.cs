namespace TunnelRpc.Calls;

/// <summary>Where the requirements of calls are found. Immutable.</summary>
/// <param name="Contract">The contract.</param>
/// <param name="Bases">The base interfaces of the contract.</param>
/// <param name="Implementation">The class of the implementation.</param>
/// <param name="Metadata">What the registration of the service adds to the attributes of the class, in their form.</param>
internal sealed record AuthorizationTarget(
    Type Contract, IReadOnlyList<Type> Bases, Type Implementation, IReadOnlyList<object> Metadata);
