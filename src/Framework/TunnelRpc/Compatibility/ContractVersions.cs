namespace TunnelRpc.Compatibility;

/// <summary>The contracts that one side serves, and those that they call back. Immutable.</summary>
internal sealed class ContractVersions
{
    private readonly Dictionary<string, DeclaredContract> _contracts = new(StringComparer.Ordinal);

    /// <param name="methods">The methods that are served.</param>
    public ContractVersions(IEnumerable<TunnelMethod> methods)
    {
        foreach (TunnelMethod method in methods.DistinctBy(m => m.Service).Where(m => !IsOfFramework(m)))
        {
            DeclaredContracts declared = DeclaredContracts.Of(method.ContractType.Assembly);
            if (declared.Find(method.Service) is { } contract)
            {
                _contracts[contract.Service] = contract;
                if (contract.Callback is { } name && declared.Find(name) is { } callback)
                {
                    _contracts.TryAdd(name, callback with { CalledBackBy = contract.Service });
                }
            }
        }

        Fingerprints = FingerprintList.Create(_contracts.Values.OrderBy(c => c.Service, StringComparer.Ordinal));
    }

    /// <summary>The fingerprints of the contracts.</summary>
    public FingerprintList Fingerprints { get; }

    /// <summary>The contracts.</summary>
    public IEnumerable<DeclaredContract> Contracts => _contracts.Values;

    /// <summary>Returns a contract; null if there is none of this name.</summary>
    public DeclaredContract? Find(string service) => _contracts.GetValueOrDefault(service);

    private static bool IsOfFramework(TunnelMethod method) => method.ContractType.Assembly == typeof(ContractVersions).Assembly;
}
