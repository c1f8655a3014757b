using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Finds whether generated code, which is in other files and another namespace than the contract, can use a symbol.</summary>
/// <param name="compilation">The compilation of the contract.</param>
/// <param name="assembly">The assembly of the contract.</param>
internal sealed class GeneratedCodeAccess(Compilation compilation, IAssemblySymbol assembly)
{
    /// <summary>The alias that a name with global:: uses.</summary>
    private const string GlobalAlias = "global";

    /// <summary>
    /// Returns whether the symbol's own accessibility, without that of its containing types, allows generated code to use it.
    /// </summary>
    public bool IsVisible(ISymbol symbol) => symbol.DeclaredAccessibility switch
    {
        Accessibility.Public => true,
        Accessibility.Internal or Accessibility.ProtectedOrInternal =>
            symbol is not INamedTypeSymbol { IsFileLocal: true }
            && (SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, assembly)
                || symbol.ContainingAssembly.GivesAccessTo(assembly)),
        _ => false,
    };

    /// <summary>
    /// Returns the reason why generated code cannot name a type: of the type itself, the types that contain it, or their type arguments.
    /// Returns null if it can.
    /// </summary>
    public string? GetProblem(ITypeSymbol type)
    {
        switch (type)
        {
            case IArrayTypeSymbol array:
                return GetProblem(array.ElementType) is { } ofElement
                    ? $"its elements are {array.ElementType.ToDisplayString()}: {ofElement}"
                    : null;
            case { TypeKind: TypeKind.Dynamic }:
                return "generated code cannot implement an interface of dynamic; use a union ([TunnelUnion]) of the possible types";
            case { TypeKind: TypeKind.Pointer or TypeKind.FunctionPointer }:
                return "it refers to memory of this process; use an array, or Memory<T>";
            case INamedTypeSymbol { TypeKind: TypeKind.Error }:
                return "the compiler does not find it, or another source generator creates it";
            case INamedTypeSymbol { IsUnboundGenericType: true }:
                return "it has no type arguments; write them";
            case INamedTypeSymbol named:
                return Declaration.SelfAndContainingTypes(named).Select(GetOwnProblem).FirstOrDefault(p => p is not null);
            default:
                return null;
        }
    }

    private string? GetOwnProblem(INamedTypeSymbol type)
    {
        if (type.IsFileLocal)
        {
            return "it is file-local, and generated code is in another file; remove the modifier 'file'";
        }

        if (!IsVisible(type))
        {
            return "it is not accessible to generated code; make it public or internal";
        }

        return GetNameProblem(type.OriginalDefinition)
            ?? type.TypeArguments
                .Select(a => GetProblem(a) is { } reason ? $"its type argument is {a.ToDisplayString()}: {reason}" : null)
                .FirstOrDefault(r => r is not null);
    }

    /// <summary>
    /// Returns the reason why the full name with global:: does not mean the type. A name in the assembly of the contract always means its
    /// own type, so only types of other assemblies have one.
    /// </summary>
    private string? GetNameProblem(INamedTypeSymbol type)
    {
        if (SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, assembly)
            || type.ContainingType is not null
            || PlatformTypes.Contains(type))
        {
            return null;
        }

        if (!IsGlobal(type.ContainingAssembly))
        {
            return $"generated code finds types by the alias global, which the reference to {type.ContainingAssembly.Name} does not have; "
                + "add 'global' to the aliases of the reference";
        }

        string container = type.ContainingNamespace.IsGlobalNamespace ? "" : MetadataNameOf(type.ContainingNamespace) + ".";
        IEnumerable<INamedTypeSymbol> others = compilation.GetTypesByMetadataName(container + type.MetadataName)
            .Where(t => !SymbolEqualityComparer.Default.Equals(t, type) && IsVisible(t) && IsGlobal(t.ContainingAssembly));
        return others.FirstOrDefault() is { } other
            ? $"{other.ContainingAssembly.Name} has a type of the same name, and generated code would use either; rename one of them"
            : null;
    }

    private bool IsGlobal(IAssemblySymbol candidate) =>
        compilation.GetMetadataReference(candidate)?.Properties.Aliases is not { IsDefaultOrEmpty: false } aliases
        || aliases.Contains(GlobalAlias);

    private static string MetadataNameOf(INamespaceSymbol space) =>
        space.ContainingNamespace is { IsGlobalNamespace: false } container
            ? MetadataNameOf(container) + "." + space.MetadataName
            : space.MetadataName;
}
