using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;
using TunnelRpc.Compatibility;
using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Diagnostics;

// Decision: docs/adr/0099-contract-fingerprints.md
/// <summary>The implementation of <see cref="IContractComparison"/> of a server. Thread-safe.</summary>
/// <param name="logger">The server's log.</param>
internal sealed class ContractComparisonService(ILogger logger) : IContractComparison
{
    /// <summary>The most characters of the facts of a contract: 128 Ki. A client does not send more.</summary>
    public const int MaxFactsLength = 128 << 10;

    /// <summary>The most characters of one fact, so that a message about it stays readable: 1,000.</summary>
    private const int MaxFactLength = 1_000;

    /// <summary>The most comparisons whose results are kept. A client with yet another version is compared each time.</summary>
    private const int MaxResults = 64;

    // The results by service and fingerprints. A comparison that is logged once is not logged again.
    private readonly ConcurrentDictionary<(string Service, ulong Client, ulong Server), ContractComparisonResult> _results = new();

    public Task<ContractComparisonResult> CompareAsync(string service, string facts, CancellationToken cancellationToken)
    {
        var peer = (TunnelPeer)TunnelCallContext.Current!.Owner;
        DeclaredContract mine = peer.Services.Versions.Find(service) ?? throw new TunnelException(
            TunnelStatus.NotFound, $"Expected a contract of this path, got \"{ForeignText.Escape(service, 100)}\".");
        if (facts.Length > MaxFactsLength)
        {
            throw new TunnelException(
                TunnelStatus.InvalidArgument, $"Expected facts of at most {MaxFactsLength} characters, got {facts.Length}.");
        }

        ContractComparisonResult result;
        try
        {
            result = Compare(mine, facts);
        }
        catch (LockFormatException unreadable)
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, unreadable.Message, unreadable);
        }

        peer.Multiplexer.Contracts.SetDifferences(service, result.Differences);
        return !peer.Services.RequiresAuthorization(mine.CalledBackBy ?? service)
            ? Task.FromResult(result)
            : throw new TunnelException(
                TunnelStatus.PermissionDenied, "Calls of the contract need authorization, so only the server's log has the differences.");
    }

    private static LockFact Parse(string line) => line.Length <= MaxFactLength
        ? LockFact.Parse(line)
        : throw new LockFormatException($"Expected facts of at most {MaxFactLength} characters each, got one of {line.Length}.");

    private ContractComparisonResult Compare(DeclaredContract mine, string text)
    {
        LockFact[] facts =
        [
            .. text.Split('\n').Select(Parse)
                .Where(f => !f.IsDocumentation)
                .DistinctBy(f => f.Text)
                .OrderBy(f => f.Text, StringComparer.Ordinal),
        ];
        var key = (mine.Service, DeclaredContracts.ComputeFingerprint(facts), mine.Fingerprint);
        if (_results.TryGetValue(key, out ContractComparisonResult? known))
        {
            return known;
        }

        ContractComparisonResult result = ContractComparer.Compare(facts, mine);
        if (_results.Count < MaxResults)
        {
            _results.TryAdd(key, result);
        }

        ContractLog.Differs(logger, mine.Service, result);
        return result;
    }
}
