using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Checks whether type arguments that the generator chooses satisfy the constraints of their type parameters.</summary>
internal static class GenericConstraints
{
    /// <summary>Returns the reason why the type cannot have its type arguments; null if it can.</summary>
    public static string? GetProblem(INamedTypeSymbol type, Compilation compilation)
    {
        for (int i = 0; i < type.Arity; i++)
        {
            ITypeParameterSymbol parameter = type.TypeParameters[i];
            ITypeSymbol argument = type.TypeArguments[i];

            // The type arguments of a definition are not known. They are checked for each construction.
            if (argument is not ITypeParameterSymbol && !Satisfies(argument, parameter, type, compilation))
            {
                return $"'{argument.ToDisplayString()}' does not satisfy the constraints of its type parameter '{parameter.Name}'";
            }
        }

        return null;
    }

    private static bool Satisfies(ITypeSymbol argument, ITypeParameterSymbol parameter, INamedTypeSymbol type, Compilation compilation)
    {
        bool isNullable = argument.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T;
        return (!parameter.HasReferenceTypeConstraint || argument.IsReferenceType)
            && (!parameter.HasValueTypeConstraint || (argument.IsValueType && !isNullable))
            && (!parameter.HasUnmanagedTypeConstraint || (argument.IsUnmanagedType && !isNullable))
            && (!parameter.HasConstructorConstraint || argument.IsValueType || HasConstructor(argument))
            && parameter.ConstraintTypes.All(c => compilation.ClassifyConversion(argument, Substitute(c, type))
                is { IsImplicit: true, IsUserDefined: false } and ({ IsIdentity: true } or { IsReference: true } or { IsBoxing: true }));
    }

    private static bool HasConstructor(ITypeSymbol type) => type is INamedTypeSymbol { IsAbstract: false } named
        && named.InstanceConstructors.Any(c => c.Parameters.IsEmpty && c.DeclaredAccessibility == Accessibility.Public);

    /// <summary>Replaces the type parameters of the type by its type arguments.</summary>
    private static ITypeSymbol Substitute(ITypeSymbol constraint, INamedTypeSymbol type) => constraint switch
    {
        ITypeParameterSymbol parameter when parameter.Ordinal < type.Arity => type.TypeArguments[parameter.Ordinal],
        INamedTypeSymbol { IsGenericType: true } named =>
            named.OriginalDefinition.Construct([.. named.TypeArguments.Select(a => Substitute(a, type))]),
        _ => constraint,
    };
}
