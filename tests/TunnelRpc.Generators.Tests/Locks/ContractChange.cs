using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>A change of a contract: a row of the table in docs/contract-lock.md.</summary>
/// <param name="Name">The change, as in the table.</param>
/// <param name="Grade">The grade of its worst difference; null for no difference.</param>
/// <param name="Old">The older version.</param>
/// <param name="New">The newer version.</param>
/// <param name="OldClient">A part of what an older client receives from a newer server.</param>
/// <param name="NewClient">A part of what a newer client receives from an older server.</param>
internal sealed record ContractChange(
    string Name, LockGrade? Grade, ContractVersion Old, ContractVersion New, string OldClient, string NewClient);
