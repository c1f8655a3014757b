namespace TunnelRpc.Generators.Model;

/// <summary>The settings of a method.</summary>
/// <param name="TimeoutTicks">The default timeout, in ticks of 100 ns; null for no timeout.</param>
/// <param name="IsIdempotent">Whether the method is idempotent.</param>
/// <param name="IsOrdered">Whether the service uses ordered dispatch.</param>
/// <param name="HasReferences">Whether its values may contain a value that is passed by reference.</param>
/// <param name="Faults">The typed faults of the method.</param>
internal sealed record MethodSettings(
    long? TimeoutTicks, bool IsIdempotent, bool IsOrdered, bool HasReferences, EquatableArray<FaultModel> Faults);
