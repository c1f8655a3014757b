using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The members of a contract that a stub must implement. Members with a body, constants and nested types are not part of the contract: they
/// run where they are called.
/// </summary>
internal static class AbstractMembers
{
    /// <summary>Returns the members of an interface that no body in the contract or its base interfaces implements.</summary>
    /// <param name="declaring">The contract, or a base interface of it.</param>
    /// <param name="contract">The contract.</param>
    public static IEnumerable<ISymbol> Of(INamedTypeSymbol declaring, INamedTypeSymbol contract) => declaring.GetMembers()
        .Where(m => (m.IsAbstract || m.IsVirtual) && m is IPropertySymbol or IEventSymbol or IMethodSymbol { AssociatedSymbol: null }
            && !ImplementsAnother(m)
            && contract.FindImplementationForInterfaceMember(m) is null or { IsAbstract: true });

    /// <summary>
    /// Returns whether the contract has an abstract static member. The language does not allow such an interface as a type argument, so not
    /// even the part that throws can be declared.
    /// </summary>
    public static bool HasStatic(INamedTypeSymbol contract) =>
        Inheritance.BasesOf(contract).Prepend(contract).SelectMany(i => Of(i, contract)).Any(m => m.IsStatic);

    /// <summary>Returns whether the member declares a member of a base interface, which is in the contract, as abstract again.</summary>
    private static bool ImplementsAnother(ISymbol member) => member switch
    {
        IMethodSymbol method => method.ExplicitInterfaceImplementations.Length > 0,
        IPropertySymbol property => property.ExplicitInterfaceImplementations.Length > 0,
        IEventSymbol happening => happening.ExplicitInterfaceImplementations.Length > 0,
        _ => false,
    };
}
