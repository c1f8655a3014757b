using System.Collections.Concurrent;

namespace TunnelRpc.Compatibility;

// Decision: docs/adr/0099-contract-fingerprints.md
/// <summary>What one side of a session knows about the versions of the contracts that its peer has. Thread-safe.</summary>
/// <param name="fingerprints">The fingerprints that the peer has sent.</param>
internal sealed class PeerContracts(FingerprintList fingerprints)
{
    // The differences that a comparison has found, by service. Created on demand: nearly all peers have the same version.
    private ConcurrentDictionary<string, IReadOnlyList<string>>? _differences;

    /// <summary>The fingerprint of the peer's version of a contract; null if the peer has not sent it.</summary>
    /// <param name="service">The service's name on the wire.</param>
    public ulong? FindFingerprint(string service) => fingerprints.Find(service);

    /// <summary>Adds what a comparison of a contract has found.</summary>
    /// <param name="service">The service's name on the wire.</param>
    /// <param name="differences">The differences, each a sentence; empty for none that affects a peer.</param>
    public void SetDifferences(string service, IReadOnlyList<string> differences)
    {
        ConcurrentDictionary<string, IReadOnlyList<string>> all = Volatile.Read(ref _differences)
            ?? Interlocked.CompareExchange(ref _differences, new(StringComparer.Ordinal), null)
            ?? _differences;
        all[service] = differences;
    }

    /// <summary>
    /// Adds to the failure of a call that the peer has another version of the contract, if it has, and if that may be the cause.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="failure">The failure.</param>
    /// <returns>The failure to throw: the same one, or one with a longer message.</returns>
    public TunnelException Explain(TunnelMethod method, TunnelException failure) =>
        MayBeCausedByVersion(failure) && Describe(method) is { } difference
            ? new TunnelException(failure.Status, $"{failure.Message} {difference}", failure)
            {
                Detail = failure.Detail,
                Outcome = failure.Outcome,
                IsOfCall = failure.IsOfCall,
            }
            : failure;

    /// <summary>Describes how the peer's version of a contract differs; null if it does not, or if that is not known.</summary>
    public string? Describe(TunnelMethod method)
    {
        IReadOnlyList<string>? differences = null;
        bool isCompared = Volatile.Read(ref _differences)?.TryGetValue(method.Service, out differences) == true;
        if (!isCompared && !HasOtherFingerprint(method))
        {
            return null;
        }

        // First what is about the method itself.
        string[] shown = [.. (differences ?? []).OrderByDescending(d => d.Contains(method.Name, StringComparison.Ordinal)).Take(3)];
        return shown.Length > 0
            ? $"The peer has another version of the contract {method.Service}: {string.Join(' ', shown)}"
            : isCompared
            ? null
            : $"The peer has another version of the contract {method.Service}. The logs have the differences.";
    }

    // A failure of a service itself has another status, or says that the call has run.
    private static bool MayBeCausedByVersion(TunnelException failure) =>
        failure is { Status: TunnelStatus.Unimplemented or TunnelStatus.InvalidArgument, Outcome: TunnelCallOutcome.NotSent };

    private bool HasOtherFingerprint(TunnelMethod method) =>
        FindFingerprint(method.Service) is { } theirs
        && DeclaredContracts.Of(method.ContractType.Assembly).Find(method.Service) is { } mine
        && mine.Fingerprint != theirs;
}
