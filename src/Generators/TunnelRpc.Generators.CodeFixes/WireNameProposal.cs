using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.CodeFixes;

/// <summary>Proposes names on the wire for overloads: <c>FindAsync(string name)</c> becomes <c>FindByName</c>.</summary>
internal static class WireNameProposal
{
    private const string Suffix = "Async";
    private const string Token = "System.Threading.CancellationToken";

    /// <summary>
    /// Returns a name that no other method of the contract has. The proposals for all methods of a contract differ, so that all can be
    /// applied at once.
    /// </summary>
    /// <param name="method">A method without [TunnelMethod].</param>
    public static string For(IMethodSymbol method)
    {
        INamedTypeSymbol contract = method.ContainingType;
        List<IMethodSymbol> methods =
            [.. Inheritance.BasesOf(contract).Prepend(contract).SelectMany(t => t.GetMembers()).OfType<IMethodSymbol>()];
        HashSet<string> used = [.. methods.Select(WireNameOf)];
        HashSet<string> kept = [];
        foreach (IMethodSymbol other in contract.GetMembers().OfType<IMethodSymbol>())
        {
            // The first method of a name keeps it. The others before this one are named first.
            bool isThis = SymbolEqualityComparer.Default.Equals(other, method);
            if (!kept.Add(WireNameOf(other)) || isThis)
            {
                string proposal = Candidates(other).First(used.Add);
                if (isThis)
                {
                    return proposal;
                }
            }
        }

        return method.Name;
    }

    private static string WireNameOf(IMethodSymbol method) =>
        AttributeNames.Find(method, AttributeNames.TunnelMethod)?.Named("Name") as string ?? method.Name;

    private static IEnumerable<string> Candidates(IMethodSymbol method)
    {
        string name = method.Name.EndsWith(Suffix, StringComparison.Ordinal) && method.Name.Length > Suffix.Length
            ? method.Name.Substring(0, method.Name.Length - Suffix.Length)
            : method.Name;
        List<IParameterSymbol> arguments = [.. method.Parameters.Where(p => p.Type.ToDisplayString() != Token)];
        if (arguments.Count > 0)
        {
            yield return $"{name}By{string.Join("And", arguments.Select(p => Capitalize(p.Name)))}";
            yield return $"{name}By{string.Join("And", arguments.Select(p => p.Type.Name + Capitalize(p.Name)))}";
        }

        for (int i = 2; ; i++)
        {
            yield return name + i.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static string Capitalize(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);
}
