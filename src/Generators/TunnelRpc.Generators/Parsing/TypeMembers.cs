using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The properties and fields of a type and its base classes, the base's first: those that are meant to travel, and those that are kept.</summary>
internal sealed class TypeMembers
{
    private const string CompilerGenerated = "System.Runtime.CompilerServices.CompilerGeneratedAttribute";

    private TypeMembers(List<ISymbol> serialized, List<ISymbol> notSerialized)
    {
        Serialized = serialized;
        NotSerialized = notSerialized;
    }

    /// <summary>Those that can be read by everybody and are not ignored; whether they can be set is another question.</summary>
    public List<ISymbol> Serialized { get; }

    /// <summary>All others.</summary>
    public List<ISymbol> NotSerialized { get; }

    public static TypeMembers Of(INamedTypeSymbol type)
    {
        var travelling = new List<ISymbol>();
        var kept = new List<ISymbol>();
        var chain = new Stack<INamedTypeSymbol>();
        for (INamedTypeSymbol? t = type; t is not null && t.SpecialType is not (SpecialType.System_Object or SpecialType.System_ValueType); t = t.BaseType)
        {
            chain.Push(t);
        }

        bool keyedOnly = AttributeNames.Find(type, AttributeNames.MessagePackObject) is { } attribute
            && !attribute.ConstructorArguments.Any(a => a.Value is true);
        foreach (ISymbol member in chain.SelectMany(t => t.GetMembers()).Where(IsInstancePropertyOrField))
        {
            if (member.DeclaredAccessibility == Accessibility.Public)
            {
                // An override stands for what it overrides; a private member hides nothing from generated code.
                travelling.RemoveAll(m => m.Name == member.Name);
                kept.RemoveAll(m => m.Name == member.Name);
            }

            (IsSerialized(member, keyedOnly) ? travelling : kept).Add(member);
        }

        return new TypeMembers(travelling, kept);
    }

    public static ITypeSymbol TypeOf(ISymbol member) => member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;

    public static bool Matches(IParameterSymbol parameter, ISymbol member) =>
        string.Equals(parameter.Name, member.Name, StringComparison.OrdinalIgnoreCase)
        && SymbolEqualityComparer.Default.Equals(parameter.Type, TypeOf(member));

    public static bool IsRequired(ISymbol member) => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true };

    public static bool IsSettable(ISymbol member) => member switch
    {
        IPropertySymbol { SetMethod.DeclaredAccessibility: Accessibility.Public } => true,
        IFieldSymbol { IsReadOnly: false } => true,
        _ => false,
    };

    /// <summary>
    /// Whether the member keeps a value of its own, rather than compute it from others: a field, or a property with a backing field.
    /// Backing fields of other assemblies are not seen, but the accessors of automatic properties are marked.
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
        && (!keyedOnly || AttributeNames.Has(member, AttributeNames.MessagePackKey, AttributeNames.TunnelMember, AttributeNames.DataMember));
}
