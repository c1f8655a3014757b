using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The base interfaces of a contract. Every method of a base interface, whether it is a contract or not, is also a method of the derived
/// service. Diagnostics of inherited methods are reported at the derived contract, since the base interface may be in another assembly and
/// may be valid by itself.
/// </summary>
internal static class Inheritance
{
    /// <summary>Returns all direct and indirect base interfaces, except the one that the generator adds.</summary>
    public static IEnumerable<INamedTypeSymbol> BasesOf(INamedTypeSymbol contract) => contract.AllInterfaces.Where(i => !IsGenerated(i));

    /// <summary>Reports unsupported base interfaces.</summary>
    public static void Check(INamedTypeSymbol contract, GeneratedCodeAccess access, DiagnosticReporter diagnostics)
    {
        foreach (INamedTypeSymbol parent in BasesOf(contract))
        {
            if ((GetUnsupportedReason(parent) ?? access.GetProblem(parent)) is { } reason)
            {
                diagnostics.Report(Rules.UnsupportedBase, contract, contract.Name, parent.ToDisplayString(), reason);
            }
        }
    }

    /// <summary>
    /// Returns whether the methods of the base interface belong to the service. Methods of an unsupported base are not parsed, so that it
    /// causes only one diagnostic.
    /// </summary>
    public static bool IsSupportedBase(INamedTypeSymbol parent) => GetUnsupportedReason(parent) is null;

    /// <summary>Returns whether a base interface of the contract declares the method.</summary>
    public static bool IsInherited(IMethodSymbol method, INamedTypeSymbol contract) =>
        !SymbolEqualityComparer.Default.Equals(method.ContainingType, contract);

    /// <summary>Returns the symbol at which a diagnostic of the method, or of a part of it, is reported.</summary>
    public static ISymbol DiagnosticSymbolOf(ISymbol part, IMethodSymbol method, INamedTypeSymbol contract) =>
        IsInherited(method, contract) ? contract : part;

    /// <summary>Returns the method's name for messages. The name of an inherited method includes its interface.</summary>
    public static string NameOf(IMethodSymbol method, INamedTypeSymbol contract) =>
        IsInherited(method, contract) ? method.ContainingType.ToDisplayString() + "." + method.Name : method.Name;

    private static bool IsGenerated(INamedTypeSymbol type) =>
        type.OriginalDefinition.ToDisplayString() == "TunnelRpc.ITunnelService<TSelf>";

    private static string? GetUnsupportedReason(INamedTypeSymbol parent)
    {
        string name = parent.ToDisplayString();
        return name is "System.IDisposable" or "System.IAsyncDisposable"
            ? "disposing is not a call, and a stub holds nothing to dispose; implement the interface on the implementation class instead"
            : PlatformTypes.Contains(parent)
                ? "it is an interface of the .NET platform; declare the methods that you need in the contract itself"
                : null;
    }
}
