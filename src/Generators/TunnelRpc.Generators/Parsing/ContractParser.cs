using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Turns an annotated interface into its model. The generator and the analyzer both use it, so that nothing is left out in silence.</summary>
internal sealed class ContractParser(Action<Diagnostic>? report, CancellationToken cancellationToken)
{
    private readonly Problems _problems = new(report);

    /// <summary>The model; null when the contract has a problem, which is reported.</summary>
    public ServiceModel? Parse(INamedTypeSymbol contract)
    {
        CheckDeclaration(contract);
        var types = new TypeParser(_problems, contract.ContainingAssembly, cancellationToken);
        var methods = new MethodParser(_problems, types);
        var models = new List<MethodModel>();
        var places = new List<ISymbol>();
        foreach (ISymbol member in contract.GetMembers())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (member is IMethodSymbol { MethodKind: MethodKind.Ordinary, IsStatic: false, IsAbstract: true } method)
            {
                if (methods.Parse(method) is { } model)
                {
                    models.Add(model);
                    places.Add(method);
                }
            }
            else if (member is not IMethodSymbol { AssociatedSymbol: not null } and not INamedTypeSymbol && !member.IsImplicitlyDeclared && !IsGenerated(member))
            {
                _problems.Report(Rules.NotAMethod, member, member.Name);
            }
        }

        AttributeData? attribute = AttributeNames.Find(contract, AttributeNames.TunnelService);
        string wireName = attribute?.Named("Name") is string { Length: > 0 } given ? given : contract.ToDisplayString().Replace("@", "");
        CheckNames(wireName, models, places);
        if (attribute?.Named("Callback") is INamedTypeSymbol callback && AttributeNames.Find(callback, AttributeNames.TunnelService) is null)
        {
            _problems.Report(Rules.CallbackNotService, contract, contract.Name, callback.ToDisplayString());
        }

        return _problems.Any ? null : new ServiceModel(
            Names.OfType(contract),
            Names.HintOf(contract),
            contract.ContainingNamespace.IsGlobalNamespace ? "" : contract.ContainingNamespace.ToDisplayString(),
            new EquatableArray<string>(Declarations(contract)),
            Names.Mangle(contract) + "Contract",
            wireName,
            new EquatableArray<MethodModel>(Distinguish(models)),
            new EquatableArray<TypeModel>(types.Types));
    }

    private void CheckDeclaration(INamedTypeSymbol contract)
    {
        if (!IsPartial(contract))
        {
            _problems.Report(Rules.NotPartial, contract, contract.Name);
        }

        if (contract.IsGenericType)
        {
            _problems.Report(Rules.GenericService, contract, contract.Name);
        }

        for (INamedTypeSymbol? t = contract; t is not null; t = t.ContainingType)
        {
            if (t.IsFileLocal || t.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal))
            {
                _problems.Report(Rules.NotAccessible, contract, contract.Name);
                break;
            }
        }

        for (INamedTypeSymbol? t = contract.ContainingType; t is not null; t = t.ContainingType)
        {
            if (!IsPartial(t))
            {
                _problems.Report(Rules.NestedInNonPartial, contract, contract.Name, t.Name);
            }
        }

        foreach (INamedTypeSymbol parent in contract.Interfaces.Where(i => i.ToDisplayString().StartsWith("TunnelRpc.ITunnelService<", StringComparison.Ordinal) is false))
        {
            _problems.Report(Rules.Inherits, contract, contract.Name, parent.Name);
        }
    }

    private static bool IsPartial(INamedTypeSymbol type) => type.DeclaringSyntaxReferences
        .Any(r => r.GetSyntax() is TypeDeclarationSyntax d && d.Modifiers.Any(m => m.ValueText == "partial"));

    /// <summary>The analyzer sees the contract with its generated part.</summary>
    private static bool IsGenerated(ISymbol member) => member.Name.Contains("TunnelDefinition");

    private void CheckNames(string wireName, List<MethodModel> models, List<ISymbol> places)
    {
        var byName = new Dictionary<string, MethodModel>();
        var byId = new Dictionary<uint, MethodModel>();
        foreach ((MethodModel model, ISymbol place) in models.Zip(places, static (model, place) => (model, place)))
        {
            uint id = Hash(wireName + "/" + model.WireName);
            if (byName.TryGetValue(model.WireName, out MethodModel? same))
            {
                _problems.Report(Rules.Overload, place, same.Name, model.Name, model.WireName);
            }
            else if (byId.TryGetValue(id, out same))
            {
                _problems.Report(Rules.IdCollision, place, same.WireName, model.WireName, id.ToString("X8", System.Globalization.CultureInfo.InvariantCulture));
            }

            byName[model.WireName] = model;
            byId[id] = model;
        }
    }

    /// <summary>The 32-bit FNV-1a hash, as TunnelMethod.ComputeId in the runtime has it.</summary>
    private static uint Hash(string text) =>
        Encoding.UTF8.GetBytes(text).Aggregate(2166136261u, (hash, b) => unchecked((hash ^ b) * 16777619));

    private static IEnumerable<MethodModel> Distinguish(List<MethodModel> models)
    {
        var names = new HashSet<string>(models.Select(m => m.Identifier));
        var used = new HashSet<string>();
        foreach (MethodModel model in models)
        {
            string identifier = model.Identifier;
            for (int i = 2; !used.Add(identifier); i++)
            {
                // "Get" and "Get2" may both be methods: a further "Get" becomes neither.
                string next = model.Identifier + i.ToString(System.Globalization.CultureInfo.InvariantCulture);
                identifier = names.Contains(next) ? identifier : next;
            }

            yield return model with { Identifier = identifier };
        }
    }

    private static Stack<string> Declarations(INamedTypeSymbol contract)
    {
        var headers = new Stack<string>();
        headers.Push($"partial interface {Names.Escape(contract.Name)}");
        for (INamedTypeSymbol? t = contract.ContainingType; t is not null; t = t.ContainingType)
        {
            string keyword = t switch
            {
                { TypeKind: TypeKind.Interface } => "interface",
                { IsRecord: true, IsValueType: true } => "record struct",
                { IsRecord: true } => "record",
                { IsValueType: true } => "struct",
                _ => "class",
            };
            headers.Push($"partial {keyword} {Names.Escape(t.Name)}");
        }

        return headers;
    }
}
