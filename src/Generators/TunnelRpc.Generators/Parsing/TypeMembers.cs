using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// The properties and fields of a type and its base classes, those of the base first, divided into serialized and other members.
/// </summary>
internal sealed class TypeMembers
{
    private TypeMembers(bool areMarked, List<ISymbol> serialized, List<ISymbol> notSerialized, List<ISymbol> ignored)
    {
        AreMarked = areMarked;
        Serialized = serialized;
        NotSerialized = notSerialized;
        Ignored = ignored;
    }

    /// <summary>Whether the type has [MessagePackObject], so that each public member must be marked as serialized or excluded.</summary>
    public bool AreMarked { get; }

    /// <summary>The members with a public getter that are not ignored. They may have no setter.</summary>
    public List<ISymbol> Serialized { get; }

    /// <summary>All other members.</summary>
    public List<ISymbol> NotSerialized { get; }

    /// <summary>The members that attributes exclude, public or not: their loss is intended.</summary>
    public List<ISymbol> Ignored { get; }

    /// <summary>Returns the members of a type.</summary>
    public static TypeMembers Of(INamedTypeSymbol type)
    {
        var serialized = new List<ISymbol>();
        var notSerialized = new List<ISymbol>();
        var ignored = new List<ISymbol>();
        bool keyedOnly = AttributeNames.Find(type, AttributeNames.MessagePackObject) is { } attribute
            && !attribute.ConstructorArguments.Any(a => a.Value is true);
        foreach ((ISymbol member, HashSet<string> excludedByFields) in SelfAndBases(type).Reverse().SelectMany(MembersOf))
        {
            if (member is { DeclaredAccessibility: Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal }
                and not IMethodSymbol { MethodKind: not MethodKind.Ordinary })
            {
                // An override replaces the overridden member, and a member of any kind hides those of base classes. A private member hides
                // no base member from generated code.
                serialized.RemoveAll(m => m.Name == member.Name);
                notSerialized.RemoveAll(m => m.Name == member.Name);
            }

            if (!IsInstancePropertyOrField(member))
            {
                continue;
            }

            bool isIgnored = IsIgnored(member) || (excludedByFields.Contains(member.Name) && !AttributeNames.HasKey(member));
            if (isIgnored)
            {
                ignored.Add(member);
            }

            (!isIgnored && IsSerialized(member, keyedOnly) ? serialized : notSerialized).Add(member);
        }

        return new TypeMembers(keyedOnly, serialized, notSerialized, ignored);
    }

    private static IEnumerable<(ISymbol Member, HashSet<string> ExcludedByFields)> MembersOf(INamedTypeSymbol type)
    {
        HashSet<string> excluded = FieldExclusions.FindMembers(type);
        return type.GetMembers().Select(m => (m, excluded));
    }

    /// <summary>Returns the type and its base classes, without the roots of the type system.</summary>
    public static IEnumerable<INamedTypeSymbol> SelfAndBases(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? t = type;
            t is not null && t.SpecialType is not (SpecialType.System_Object or SpecialType.System_ValueType);
            t = t.BaseType)
        {
            yield return t;
        }
    }

    /// <summary>Returns the type of a property or field.</summary>
    public static ITypeSymbol TypeOf(ISymbol member) => member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;

    /// <summary>
    /// Returns the type of a property or field, as nullable if it is declared with a type parameter that does not exclude null: the type
    /// argument says nothing about null then, as in <c>Result&lt;T&gt; { T Data }</c>.
    /// </summary>
    public static ITypeSymbol NullableTypeOf(ISymbol member)
    {
        ITypeSymbol type = TypeOf(member);
        return type.IsReferenceType && TypeOf(member.OriginalDefinition) is ITypeParameterSymbol parameter && AllowsNull(parameter)
            ? type.WithNullableAnnotation(NullableAnnotation.Annotated)
            : type;
    }

    private static bool AllowsNull(ITypeParameterSymbol parameter) =>
        !parameter.HasNotNullConstraint
        && (!parameter.HasReferenceTypeConstraint
            || parameter.ReferenceTypeConstraintNullableAnnotation == NullableAnnotation.Annotated)
        && parameter.ConstraintNullableAnnotations.All(a => a == NullableAnnotation.Annotated);

    /// <summary>Returns whether a constructor parameter has the member's name, in any case, and its type.</summary>
    public static bool Matches(IParameterSymbol parameter, ISymbol member) =>
        string.Equals(parameter.Name, member.Name, StringComparison.OrdinalIgnoreCase)
        && SymbolEqualityComparer.Default.Equals(parameter.Type, TypeOf(member));

    /// <summary>Returns whether the member has the modifier required.</summary>
    public static bool IsRequired(ISymbol member) => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true };

    /// <summary>Returns whether the member has a public setter or initializer, or is a field that is not read-only.</summary>
    public static bool IsSettable(ISymbol member) => member switch
    {
        IPropertySymbol { SetMethod.DeclaredAccessibility: Accessibility.Public } => true,
        IFieldSymbol { IsReadOnly: false } => true,
        _ => false,
    };

    private static bool IsInstancePropertyOrField(ISymbol member) => member switch
    {
        IPropertySymbol { IsStatic: false, IsIndexer: false } => true,
        IFieldSymbol { IsStatic: false, IsConst: false, IsImplicitlyDeclared: false } => true,
        _ => false,
    };

    private static bool IsSerialized(ISymbol member, bool keyedOnly) =>
        member.DeclaredAccessibility == Accessibility.Public
        && member is not IPropertySymbol { GetMethod: null or { DeclaredAccessibility: not Accessibility.Public } }
        && (!keyedOnly || AttributeNames.HasKey(member));

    /// <summary>
    /// Returns whether attributes exclude the member: one for this purpose, or one on its type that serializes marked members only, such as
    /// [DataContract].
    /// </summary>
    private static bool IsIgnored(ISymbol member) =>
        AttributeNames.HasIgnore(member)
        || (AttributeNames.IsOptIn(member.ContainingType) && !AttributeNames.IsMarked(member));
}
