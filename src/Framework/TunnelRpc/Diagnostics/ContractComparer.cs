using TunnelRpc.Compatibility;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Diagnostics;

/// <summary>Compares two versions of one contract as the contract lock does. Stateless.</summary>
internal static class ContractComparer
{
    /// <summary>The most characters of one difference: 500.</summary>
    private const int MaxDifferenceLength = 500;

    /// <summary>Returns the differences that affect one of the sides.</summary>
    /// <param name="client">The facts about the client's version, which counts as the older one.</param>
    /// <param name="server">The server's version.</param>
    /// <exception cref="LockFormatException">The facts of the client contradict each other, or are not those of a contract.</exception>
    public static ContractComparisonResult Compare(IEnumerable<LockFact> client, DeclaredContract server)
    {
        // The sides of a callback are swapped. The service that calls it back makes it one.
        LockFact[] caller = server.CalledBackBy is { } name
            ? [
                LockFact.Create(LockFact.Service, LockText.Encode(name)),
                LockFact.Create(LockFact.Service, LockText.Encode(name), "callback", LockText.Encode(server.Service)),
            ]
            : [];
        IReadOnlyList<LockDifference> differences = LockComparison.CompareServicesOf(
            new LockModel(client.Concat(caller)), new LockModel(server.Facts.Concat(caller)));
        LockDifference[] relevant = [.. differences.Where(d => d.Grade > LockGrade.Addition).OrderByDescending(d => d.Grade)];
        return new ContractComparisonResult
        {
            Differences =
            [
                .. relevant.Take(ContractComparisonResult.MaxDifferences).Select(d => ForeignText.Escape(d.Message, MaxDifferenceLength)),
            ],
            IsBreaking = relevant.Length > 0 && relevant[0].Grade == LockGrade.Break,
        };
    }
}
