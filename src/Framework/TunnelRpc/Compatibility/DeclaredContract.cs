using TunnelRpc.Generators.Locks;

namespace TunnelRpc.Compatibility;

/// <summary>The facts about one contract as an assembly declares it. Immutable.</summary>
/// <param name="Service">The service's name on the wire.</param>
/// <param name="Fingerprint">The fingerprint of the facts.</param>
/// <param name="Facts">
/// The facts about the service, its methods and the types of their values, in ordinal order, without duplicates.
/// </param>
internal sealed record DeclaredContract(string Service, ulong Fingerprint, IReadOnlyList<LockFact> Facts)
{
    /// <summary>The name of the service that calls the contract back; null for a contract that clients call.</summary>
    public string? CalledBackBy { get; init; }

    /// <summary>The name of the callback contract on the wire; null for none.</summary>
    public string? Callback => Facts.FirstOrDefault(f => f is { Kind: LockFact.Service, Aspect: "callback" }) is { } fact
        ? LockText.Decode(fact.Values[0])
        : null;

    /// <summary>The facts as text, one in a line.</summary>
    public string ToText() => string.Join('\n', Facts.Select(f => f.Text));
}
