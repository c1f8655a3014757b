using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>
/// Decides whether a peer can predict the hash codes of a type of the application. The formatters protect the types of the platform, and
/// string and System.HashCode use a secret of the process.
/// </summary>
internal static class HashCodes
{
    /// <summary>Types whose hash codes are the value or its bits, so that equal hash codes mean equal values.</summary>
    private static readonly HashSet<SpecialType> Injective =
    [
        SpecialType.System_Boolean, SpecialType.System_Char, SpecialType.System_Byte, SpecialType.System_SByte, SpecialType.System_Int16,
        SpecialType.System_UInt16, SpecialType.System_Int32, SpecialType.System_UInt32,
    ];

    /// <summary>Returns whether a peer can choose many values of the type that have hash codes of one bucket.</summary>
    public static bool ArePredictable(ITypeSymbol type) => ArePredictable(type, depth: 0);

    private static bool ArePredictable(ITypeSymbol type, int depth)
    {
        // Types that contain each other have no secret that this would find at a greater depth.
        if (type is not INamedTypeSymbol { TypeKind: TypeKind.Class or TypeKind.Struct } named
            || type.SpecialType != SpecialType.None
            || PlatformTypes.Contains(named)
            || depth > 4)
        {
            return false;
        }

        IMethodSymbol? own = TypeMembers.SelfAndBases(named)
            .Where(t => !PlatformTypes.Contains(t))
            .SelectMany(t => t.GetMembers("GetHashCode"))
            .OfType<IMethodSymbol>()
            .FirstOrDefault(m => m.Parameters.IsEmpty && m.IsOverride);
        List<ISymbol> state = [.. TypeMembers.SelfAndBases(named).SelectMany(FindState)];
        if (own is null)
        {
            // A class without a method of its own hashes its identity. A struct hashes its bits, or its first field only.
            return named.IsValueType && !(state.Count == 1 && IsSecret(state[0], depth));
        }

        HashSet<string> words = [.. own.DeclaringSyntaxReferences
            .Where(_ => !own.IsImplicitlyDeclared)
            .SelectMany(r => r.GetSyntax().DescendantTokens())
            .Where(t => t.IsKind(SyntaxKind.IdentifierToken))
            .Select(t => t.ValueText)];
        List<ISymbol> used = words.Count == 0
            ? state
            : [.. TypeMembers.SelfAndBases(named).SelectMany(t => t.GetMembers()).Where(m => IsValue(m) && words.Contains(m.Name))];
        bool isSeeded = words.Contains("HashCode");
        return used.Count == 0
            || !used.All(m => IsSecret(m, depth) || TypeMembers.TypeOf(m).SpecialType == SpecialType.System_Boolean
                || (isSeeded && IsInjective(TypeMembers.TypeOf(m))))
            || !(isSeeded || used.Any(m => IsSecret(m, depth)));
    }

    /// <summary>
    /// The fields, with the properties instead of their backing fields. The private fields of other assemblies are not known: their public
    /// properties are taken for them.
    /// </summary>
    private static IEnumerable<ISymbol> FindState(INamedTypeSymbol type) => type.DeclaringSyntaxReferences.Length > 0
        ? type.GetMembers().OfType<IFieldSymbol>()
            .Where(f => !f.IsStatic)
            .Select(f => f.AssociatedSymbol is IPropertySymbol p ? p : (ISymbol)f)
        : type.GetMembers().Where(m => IsValue(m) && m.DeclaredAccessibility == Accessibility.Public);

    private static bool IsValue(ISymbol member) =>
        member is IFieldSymbol { IsStatic: false } or IPropertySymbol { IsStatic: false, IsIndexer: false };

    private static bool IsSecret(ISymbol member, int depth) => TypeMembers.TypeOf(member) switch
    {
        { SpecialType: SpecialType.System_String } => true,
        INamedTypeSymbol { TypeKind: TypeKind.Struct or TypeKind.Class, SpecialType: SpecialType.None } type =>
            !PlatformTypes.Contains(type) && HasOwn(type) && !ArePredictable(type, depth + 1),
        _ => false,
    };

    private static bool HasOwn(INamedTypeSymbol type) =>
        type.IsValueType || type.GetMembers("GetHashCode").OfType<IMethodSymbol>().Any(m => m.Parameters.IsEmpty && m.IsOverride);

    private static bool IsInjective(ITypeSymbol type) =>
        Injective.Contains(type.SpecialType)
        || (type is INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } underlying }
            && Injective.Contains(underlying.SpecialType));
}
