namespace TunnelRpc.Generators.Locks;

/// <summary>A difference between two versions of the contracts.</summary>
/// <param name="Grade">What it does to peers with the other version.</param>
/// <param name="Subject">
/// The service or method at which it is reported, as a fact of the newer version; of the older version if the newer one does not have it.
/// </param>
/// <param name="Message">What changed, and which side is affected how, as a sentence.</param>
/// <param name="Old">The fact of the older version; null if it has none.</param>
/// <param name="New">The fact of the newer version; null if it has none.</param>
internal sealed record LockDifference(LockGrade Grade, LockFact Subject, string Message, LockFact? Old, LockFact? New);
