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
    private const string CompilerGenerated = "System.Runtime.CompilerServices.CompilerGeneratedAttribute";

    private TypeMembers(List<ISymbol> serialized, List<ISymbol> notSerialized)
    {
        Serialized = serialized;
        NotSerialized = notSerialized;
    }

    /// <summary>The members with a public getter that are not ignored. They may have no setter.</summary>
    public List<ISymbol> Serialized { get; }

    /// <summary>All other members.</summary>
    public List<ISymbol> NotSerialized { get; }

    /// <summary>Returns the members of a type.</summary>
    public static TypeMembers Of(INamedTypeSymbol type)
    {
        var serialized = new List<ISymbol>();
        var notSerialized = new List<ISymbol>();
        var chain = new Stack<INamedTypeSymbol>();
        for (INamedTypeSymbol? t = type;
            t is not null && t.SpecialType is not (SpecialType.System_Object or SpecialType.System_ValueType);
            t = t.BaseType)
        {
            chain.Push(t);
        }

        bool keyedOnly = AttributeNames.Find(type, AttributeNames.MessagePackObject) is { } attribute
            && !attribute.ConstructorArguments.Any(a => a.Value is true);
        foreach (ISymbol member in chain.SelectMany(t => t.GetMembers()).Where(IsInstancePropertyOrField))
        {
            if (member.DeclaredAccessibility == Accessibility.Public)
            {
                // An override replaces the overridden member. A private member hides no base member from generated code.
                serialized.RemoveAll(m => m.Name == member.Name);
                notSerialized.RemoveAll(m => m.Name == member.Name);
            }

            (IsSerialized(member, keyedOnly) ? serialized : notSerialized).Add(member);
        }

        return new TypeMembers(serialized, notSerialized);
    }

    /// <summary>Returns the type of a property or field.</summary>
    public static ITypeSymbol TypeOf(ISymbol member) => member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;

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

    /// <summary>
    /// Returns whether the member stores a value and does not compute it from other members: a field, or a property with a backing field.
    /// Backing fields in referenced assemblies are not visible; there, automatic properties are recognized by their accessors, which have
    /// [CompilerGenerated].
    /// </summary>
    public static bool IsStored(ISymbol member) => member switch
    {
        IFieldSymbol => true,
        IPropertySymbol property => property.ContainingType.GetMembers().OfType<IFieldSymbol>()
                .Any(f => SymbolEqualityComparer.Default.Equals(f.AssociatedSymbol, property))
            || (property.GetMethod is { } get && AttributeNames.Find(get, CompilerGenerated) is not null),
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
        && !AttributeNames.Has(member, AttributeNames.TunnelIgnore, AttributeNames.MessagePackIgnore, AttributeNames.IgnoreDataMember)
        && (!keyedOnly
            || AttributeNames.Has(member, AttributeNames.MessagePackKey, AttributeNames.TunnelMember, AttributeNames.DataMember));
}
