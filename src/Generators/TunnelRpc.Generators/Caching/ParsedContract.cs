using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Caching;

/// <summary>The result of parsing a contract.</summary>
/// <param name="Service">The model; null if not even a part of the interface can be declared, or if it is no contract.</param>
/// <param name="Error">The first error; null if there is none.</param>
/// <param name="HasNotes">Whether the analyzer has information to report.</param>
internal sealed record ParsedContract(ServiceModel? Service, ContractError? Error, bool HasNotes = false)
{
    /// <summary>The result for an interface that is no contract.</summary>
    public static readonly ParsedContract None = new(null, null);
}
