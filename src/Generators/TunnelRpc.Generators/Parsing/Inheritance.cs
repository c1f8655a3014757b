using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// What a contract inherits: every method of its base interfaces, contracts themselves or plain, is a method of the derived service too.
/// Problems of inherited methods have their place at the derived contract: the base may be of another assembly, and sound by itself.
/// </summary>
internal static class Inheritance
{
    /// <summary>The base interfaces, near and far, but for what the generator added.</summary>
    public static IEnumerable<INamedTypeSymbol> BasesOf(INamedTypeSymbol contract) => contract.AllInterfaces.Where(i => !IsGenerated(i));

    /// <summary>Reports bases that no service can have.</summary>
    public static void Check(INamedTypeSymbol contract, DiagnosticReporter diagnostics)
    {
        foreach (INamedTypeSymbol parent in BasesOf(contract))
        {
            if (GetUnsupportedReason(parent) is { } reason)
            {
                diagnostics.Report(Rules.UnsupportedBase, contract, contract.Name, parent.ToDisplayString(), reason);
            }
        }
    }

    /// <summary>Whether the base's methods are the service's: those of a refused base are not looked at, so that it is one problem.</summary>
    public static bool IsSupportedBase(INamedTypeSymbol parent) => GetUnsupportedReason(parent) is null;

    public static bool IsInherited(IMethodSymbol method, INamedTypeSymbol contract) =>
        !SymbolEqualityComparer.Default.Equals(method.ContainingType, contract);

    /// <summary>Where a problem of the method, or of a part of it, is reported.</summary>
    public static ISymbol DiagnosticSymbolOf(ISymbol part, IMethodSymbol method, INamedTypeSymbol contract) => IsInherited(method, contract) ? contract : part;

    /// <summary>The method's name for messages, with the interface that it is inherited from.</summary>
    public static string NameOf(IMethodSymbol method, INamedTypeSymbol contract) =>
        IsInherited(method, contract) ? method.ContainingType.ToDisplayString() + "." + method.Name : method.Name;

    private static bool IsGenerated(INamedTypeSymbol type) => type.OriginalDefinition.ToDisplayString() == "TunnelRpc.ITunnelService<TSelf>";

    private static string? GetUnsupportedReason(INamedTypeSymbol parent)
    {
        string name = parent.ToDisplayString();
        return name is "System.IDisposable" or "System.IAsyncDisposable"
            ? "disposing is not a call, and a stub holds nothing to dispose; let the implementation implement it, its owner disposes it"
            : (name + ".").StartsWith("System.", System.StringComparison.Ordinal) && !parent.Locations.Any(l => l.IsInSource)
                ? "it is an interface of the platform; declare the methods that you need of it in the contract"
                : null;
    }
}
