using System.Collections.Generic;
using System.Globalization;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The names of services and methods on the wire, which must be unique.</summary>
internal static class WireNames
{
    /// <summary>Returns the service's name on the wire.</summary>
    public static string OfService(INamedTypeSymbol contract) =>
        AttributeNames.Find(contract, AttributeNames.TunnelService)?.Named("Name") is string { Length: > 0 } given
            ? given
            : contract.ToDisplayString().Replace("@", "");

    /// <summary>Reports methods with the same name or the same id on the wire.</summary>
    public static void Check(
        string service,
        IEnumerable<(MethodModel Model, IMethodSymbol Method)> methods,
        INamedTypeSymbol contract,
        DiagnosticReporter diagnostics)
    {
        var byName = new Dictionary<string, IMethodSymbol>();
        var byId = new Dictionary<uint, string>();
        foreach ((MethodModel model, IMethodSymbol method) in methods)
        {
            uint id = WireHash.Of(service + "/" + model.WireName);
            ISymbol place = Inheritance.DiagnosticSymbolOf(method, method, contract);
            if (byName.TryGetValue(model.WireName, out IMethodSymbol? same))
            {
                string remedy = SymbolEqualityComparer.Default.Equals(same.OriginalDefinition, method.OriginalDefinition)
                    ? $"a contract can inherit from '{method.ContainingType.OriginalDefinition.Name}' only once; "
                        + "declare a separate contract for each of its type arguments"
                    : "give one of them another name with [TunnelMethod(Name = …)]";
                diagnostics.Report(
                    Rules.DuplicateMethod,
                    place,
                    Inheritance.NameOf(same, contract),
                    Inheritance.NameOf(method, contract),
                    model.WireName,
                    remedy);
                continue;
            }

            if (byId.TryGetValue(id, out string? other))
            {
                diagnostics.Report(
                    Rules.MethodIdCollision, place, other, model.WireName, id.ToString("X8", CultureInfo.InvariantCulture));
            }

            byName[model.WireName] = method;
            byId[id] = model.WireName;
        }
    }

    /// <summary>Assigns unique identifiers to methods with the same C# name.</summary>
    public static IEnumerable<MethodModel> AssignUniqueIdentifiers(IReadOnlyCollection<MethodModel> models)
    {
        var names = new HashSet<string>();
        foreach (MethodModel model in models)
        {
            names.Add(model.Identifier);
        }

        var used = new HashSet<string>();
        foreach (MethodModel model in models)
        {
            string identifier = model.Identifier;
            for (int i = 2; !used.Add(identifier); i++)
            {
                // If "Get" and "Get2" are both methods, a second "Get" gets neither of these names.
                string next = model.Identifier + i.ToString(CultureInfo.InvariantCulture);
                identifier = names.Contains(next) ? identifier : next;
            }

            yield return model with { Identifier = identifier };
        }
    }
}
