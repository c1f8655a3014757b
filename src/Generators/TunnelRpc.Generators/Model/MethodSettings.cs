namespace TunnelRpc.Generators.Model;

/// <summary>What attributes say of a method beside its shape.</summary>
/// <param name="TimeoutTicks">How long a call may take, in ticks of 100 ns; null for any time.</param>
/// <param name="IsIdempotent">Whether running it twice does what running it once does.</param>
/// <param name="IsOrdered">Whether its service's calls run one at a time.</param>
/// <param name="HasReferences">Whether something of it may travel by reference.</param>
/// <param name="Faults">Its typed faults.</param>
internal sealed record MethodSettings(long? TimeoutTicks, bool IsIdempotent, bool IsOrdered, bool HasReferences, EquatableArray<FaultModel> Faults);
