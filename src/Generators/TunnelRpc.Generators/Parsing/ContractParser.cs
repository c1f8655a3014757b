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
/// <param name="report">Receives the diagnostics; null in the generator.</param>
/// <param name="cancellationToken">Cancels the parsing.</param>
internal sealed class ContractParser(Action<Diagnostic>? report, CancellationToken cancellationToken)
{
    private readonly DiagnosticReporter _diagnostics = new(report);

    /// <summary>
    /// Returns the model. If the contract has an error, reports it and returns a model without methods. Returns null if not even a part of
    /// the interface can be declared.
    /// </summary>
    public ServiceModel? Parse(INamedTypeSymbol contract)
    {
        bool declarable = Declaration.Check(contract, _diagnostics);
        Inheritance.Check(contract, _diagnostics);
        var types = new TypeParser(_diagnostics, contract.ContainingAssembly, cancellationToken);
        var parser = new MethodParser(_diagnostics, types, contract);
        var found = new List<(MethodModel Model, IMethodSymbol Method)>();
        List<INamedTypeSymbol> bases = Inheritance.BasesOf(contract).Where(Inheritance.IsSupportedBase).ToList();
        foreach (ISymbol member in bases.Prepend(contract).SelectMany(i => i.GetMembers()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (member is IMethodSymbol { MethodKind: MethodKind.Ordinary, IsStatic: false, IsAbstract: true } method
                && types.IsVisible(method))
            {
                if (parser.Parse(method) is { } model)
                {
                    found.Add((model, method));
                }
            }
            else if (member is not IMethodSymbol { AssociatedSymbol: not null } and not INamedTypeSymbol
                && !member.IsImplicitlyDeclared
                && !IsGenerated(member))
            {
                ReportMember(member, contract);
            }
        }

        string wireName = WireNames.OfService(contract);
        WireNames.Check(wireName, found, contract, _diagnostics);
        if (AttributeNames.Find(contract, AttributeNames.TunnelService)?.Named("Callback") is INamedTypeSymbol callback
            && AttributeNames.Find(callback, AttributeNames.TunnelService) is null)
        {
            _diagnostics.Report(Rules.CallbackNotService, contract, contract.Name, callback.ToDisplayString());
        }

        return !declarable ? null : new ServiceModel(
            Names.OfType(contract),
            Names.HintNameOf(contract),
            contract.ContainingNamespace.IsGlobalNamespace ? "" : contract.ContainingNamespace.ToDisplayString(),
            new EquatableArray<string>(Declaration.Headers(contract)),
            Names.Mangle(contract) + "Contract",
            wireName,
            new EquatableArray<string>(bases.Select(Names.OfType)),
            Declaration.SelfAndContainingTypes(contract).Any(Obsolescence.IsObsolete)
                || found.Any(f => Obsolescence.InvolvesObsolete(f.Method)),
            _diagnostics.HasErrors,
            _diagnostics.HasErrors
                ? default
                : new EquatableArray<MethodModel>(WireNames.AssignUniqueIdentifiers(found.Select(f => f.Model).ToList())),
            _diagnostics.HasErrors ? default : new EquatableArray<TypeModel>(types.Types));
    }

    private void ReportMember(ISymbol member, INamedTypeSymbol contract)
    {
        bool own = SymbolEqualityComparer.Default.Equals(member.ContainingType, contract);
        string name = own ? member.Name : member.ContainingType.ToDisplayString() + "." + member.Name;
        _diagnostics.Report(Rules.NotAMethod, own ? member : contract, name);
    }

    /// <summary>Returns whether the generator added the member. The analyzer sees the contract with its generated part.</summary>
    private static bool IsGenerated(ISymbol member) => member.Name.Contains("TunnelDefinition");
}
