using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Parses an interface with [TunnelService] into a model. The generator and the analyzer both use it, so that the analyzer reports an error
/// for every contract that the generator does not implement.
/// </summary>
/// <param name="compilation">The compilation of the contract.</param>
/// <param name="report">Receives the diagnostics; null in the generator.</param>
/// <param name="cancellationToken">Cancels the parsing.</param>
internal sealed class ContractParser(Compilation compilation, Action<Diagnostic>? report, CancellationToken cancellationToken)
{
    private readonly DiagnosticReporter _diagnostics = new(report);
    private TypeParser? _types;

    /// <summary>The first error of the contract that was parsed; null if it has none.</summary>
    public Diagnostic? FirstError => _diagnostics.First;

    /// <summary>Whether there is information about the contract that was parsed.</summary>
    public bool HasNotes => _diagnostics.HasNotes;

    /// <summary>The source files of the contract that was parsed and of its types.</summary>
    public IReadOnlyCollection<SyntaxTree> Files => _types?.Sources.Trees ?? [];

    /// <summary>The number of types that were parsed, with repetitions, for tests.</summary>
    public int Steps => _types?.Steps ?? 0;

    /// <summary>
    /// Returns the model. If the contract has an error, reports it and returns a model without methods. Returns null if not even a part of
    /// the interface can be declared.
    /// </summary>
    public ServiceModel? Parse(INamedTypeSymbol contract)
    {
        bool declarable = Declaration.Check(contract, _diagnostics);
        var types = new TypeParser(_diagnostics, compilation, contract.ContainingAssembly, cancellationToken);
        _types = types;
        types.Sources.Add(contract);
        Inheritance.Check(contract, types.Access, _diagnostics);
        var parser = new MethodParser(_diagnostics, types, contract);
        var found = new List<(MethodModel Model, IMethodSymbol Method)>();
        List<INamedTypeSymbol> bases = Inheritance.BasesOf(contract).Where(Inheritance.IsSupportedBase).ToList();

        // The methods of a generic contract may use its type parameters. Errors about them would only repeat that it must not be generic.
        IEnumerable<INamedTypeSymbol> parsed = contract.IsGenericType ? [] : bases.Prepend(contract);
        foreach (ISymbol member in parsed.SelectMany(i => AbstractMembers.Of(i, contract)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (member is not IMethodSymbol { IsStatic: false } method || !types.Access.IsVisible(method))
            {
                ReportMember(member, contract);
            }
            else if (parser.Parse(method) is { } model)
            {
                found.Add((model, method));
            }
        }

        string wireName = WireNames.OfService(contract);
        WireNames.Check(wireName, found, contract, _diagnostics);
        var callback = AttributeNames.Find(contract, AttributeNames.TunnelService)?.Named("Callback") as INamedTypeSymbol;
        if (callback is not null)
        {
            types.Sources.Add(callback);
            if (AttributeNames.Find(callback, AttributeNames.TunnelService) is null)
            {
                _diagnostics.Report(Rules.CallbackNotService, contract, contract.Name, callback.ToDisplayString());
            }
        }

        return !declarable || AbstractMembers.HasStatic(contract) ? null : new ServiceModel(
            Names.OfType(contract),
            Names.HintNameOf(contract),
            contract.ContainingNamespace.IsGlobalNamespace ? "" : contract.ContainingNamespace.ToDisplayString(),
            new EquatableArray<string>(Declaration.Headers(contract)),
            Names.Mangle(contract) + "Contract",
            wireName,
            callback is null ? null : WireNames.OfService(callback),
            new EquatableArray<string>(bases.Select(Names.OfType)),
            Declaration.SelfAndContainingTypes(contract).Any(Obsolescence.IsObsolete)
                || found.Any(f => Obsolescence.InvolvesObsolete(f.Method)),
            _diagnostics.HasErrors,
            _diagnostics.HasErrors
                ? default
                : new EquatableArray<MethodModel>(WireNames.AssignUniqueIdentifiers(found.Select(f => f.Model).ToList())),
            _diagnostics.HasErrors ? default : new EquatableArray<string>(types.Types.Select(t => t.Identifier)),
            _diagnostics.HasErrors ? default : new EquatableArray<TypeModel>(types.Types),
            _diagnostics.HasErrors ? default : new EquatableArray<EnumModel>(types.Enums));
    }

    private void ReportMember(ISymbol member, INamedTypeSymbol contract)
    {
        bool own = SymbolEqualityComparer.Default.Equals(member.ContainingType, contract);
        string name = own ? member.Name : member.ContainingType.ToDisplayString() + "." + member.Name;
        _diagnostics.Report(Rules.NotAMethod, own ? member : contract, name);
    }
}
