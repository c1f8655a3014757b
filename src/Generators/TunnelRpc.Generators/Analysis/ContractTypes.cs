using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>Recognizes contracts and the code that implements them.</summary>
internal static class ContractTypes
{
    /// <summary>Returns whether a type is an interface with [TunnelService].</summary>
    public static bool IsContract(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Interface && AttributeNames.Find(type, AttributeNames.TunnelService) is not null;

    /// <summary>Returns whether a class or struct implements a contract.</summary>
    public static bool IsImplementation(INamedTypeSymbol type) =>
        type.TypeKind is TypeKind.Class or TypeKind.Struct && type.AllInterfaces.Any(IsContract);

    /// <summary>Returns whether a method of a class or struct implements a method of a contract, or of a base interface of one.</summary>
    public static bool ServesCalls(IMethodSymbol method)
    {
        if (method.MethodKind is not (MethodKind.Ordinary or MethodKind.ExplicitInterfaceImplementation) || method.IsStatic)
        {
            return false;
        }

        string name = method.ExplicitInterfaceImplementations.FirstOrDefault()?.Name ?? method.Name;
        INamedTypeSymbol type = method.ContainingType;
        return FindServedInterfaces(type)
            .SelectMany(i => i.GetMembers(name))
            .Any(m => SymbolEqualityComparer.Default.Equals(
                type.FindImplementationForInterfaceMember(m), method.PartialDefinitionPart ?? method));
    }

    /// <summary>Returns the contracts that a type implements, and their base interfaces.</summary>
    private static IEnumerable<INamedTypeSymbol> FindServedInterfaces(INamedTypeSymbol type) => type.AllInterfaces
        .Where(IsContract)
        .SelectMany(c => Inheritance.BasesOf(c).Prepend(c));
}
