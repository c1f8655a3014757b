using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0077-state-that-does-not-travel.md
/// <summary>
/// Finds the state of a type that no serialized member carries: instance fields, also private ones, those of base classes, and the backing
/// fields of properties. A member that is excluded by an attribute counts as carried, since its loss is intended.
/// </summary>
/// <param name="type">The type.</param>
/// <param name="members">Its members.</param>
/// <param name="serialized">The members that are serialized.</param>
/// <param name="metadata">The fields of types in other assemblies.</param>
internal sealed class StateParser(INamedTypeSymbol type, TypeMembers members, ICollection<ISymbol> serialized, MetadataFields metadata)
{
    public const string Lock = "System.Threading.Lock";

    /// <summary>The base classes of the .NET platform that have no state which an application sets.</summary>
    private static readonly HashSet<string> StatelessBases = ["System.Attribute", "System.EventArgs", "System.MarshalByRefObject"];

    // The members that carry state, and the words that occur in the code of each property's accessors.
    private readonly List<ISymbol> _carriers = [.. serialized.Concat(members.Ignored)];
    private readonly Dictionary<ISymbol, HashSet<string>> _accessorWords = new(SymbolEqualityComparer.Default);

    /// <summary>Returns the members and fields whose values would be lost, those of the base class first.</summary>
    public IReadOnlyList<LostState> FindLost() =>
    [
        .. TypeMembers.SelfAndBases(type).Reverse().SelectMany(t =>
            PlatformTypes.Contains(t)
                ? FindLostInPlatform(t)
                : t.DeclaringSyntaxReferences.Length > 0 ? FindLostInSource(t) : FindLostInMetadata(t)),
    ];

    private IEnumerable<LostState> FindLostInPlatform(INamedTypeSymbol declaring) =>
        StatelessBases.Contains(declaring.ToDisplayString())
            ? []
            : [new LostState(type, $"the state of its base class {declaring.ToDisplayString()}")];

    private IEnumerable<LostState> FindLostInSource(INamedTypeSymbol declaring)
    {
        foreach (IFieldSymbol field in declaring.GetMembers().OfType<IFieldSymbol>().Where(f => !f.IsStatic && !f.IsConst))
        {
            switch (field.AssociatedSymbol)
            {
                case IPropertySymbol property when !IsCarried(property):
                    yield return new LostState(property, property.Name);
                    break;
                case null when !field.IsImplicitlyDeclared && !IsCarried(field):
                    yield return new LostState(field, field.Name);
                    break;
            }
        }
    }

    private IEnumerable<LostState> FindLostInMetadata(INamedTypeSymbol declaring)
    {
        if (metadata.Get(declaring) is not { } fields)
        {
            // A reference assembly has no private fields: a property without a setter may be computed, or may return one of them.
            return declaring.GetMembers().OfType<IPropertySymbol>()
                .Where(p => members.Serialized.Contains(p, SymbolEqualityComparer.Default) && !IsCarried(p))
                .Select(p => new LostState(p, p.Name));
        }

        HashSet<string> events = [.. declaring.GetMembers().OfType<IEventSymbol>().Select(e => e.Name)];
        bool markedOnly = AttributeNames.Has(declaring, AttributeNames.DataContract);
        return fields
            .Where(f => !events.Contains(f.Name)
                && (!markedOnly || f.Attributes.Any(AttributeNames.Keys.Contains))
                && !f.Attributes.Any(AttributeNames.Ignores.Contains)
                && !IsCarriedInMetadata(declaring, f))
            .Select(f => FindMember(declaring, f) is { } member ? new LostState(member, member.Name) : new LostState(declaring, f.Name));
    }

    private bool IsCarried(IPropertySymbol property) =>
        _carriers.Contains(property, SymbolEqualityComparer.Default)
        || _carriers.OfType<IPropertySymbol>().Any(c => Overrides(c, property));

    private bool IsCarried(IFieldSymbol field) =>
        _carriers.Contains(field, SymbolEqualityComparer.Default)
        || IsLock(field)
        || _carriers.OfType<IPropertySymbol>().Any(p => GetAccessorWords(p).Contains(field.Name));

    /// <summary>The code of other assemblies is not known, so a field belongs to the member whose name it has.</summary>
    private bool IsCarriedInMetadata(INamedTypeSymbol declaring, MetadataField field) => FindMember(declaring, field) switch
    {
        IPropertySymbol property => IsCarried(property),
        { } member => _carriers.Contains(member, SymbolEqualityComparer.Default),
        null => _carriers.Any(c => HasNameOf(c, field)),
    };

    private static ISymbol? FindMember(INamedTypeSymbol type, MetadataField field) =>
        type.GetMembers().FirstOrDefault(m => m is IPropertySymbol or IFieldSymbol && HasNameOf(m, field));

    private static bool Overrides(IPropertySymbol property, IPropertySymbol overridden)
    {
        for (IPropertySymbol? p = property.OverriddenProperty; p is not null; p = p.OverriddenProperty)
        {
            if (SymbolEqualityComparer.Default.Equals(p, overridden))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the field is a lock: it holds no value.</summary>
    private static bool IsLock(IFieldSymbol field) =>
        field.Type.ToDisplayString() == Lock
        || (field is { IsReadOnly: true, Type.SpecialType: SpecialType.System_Object }
            && field.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).OfType<VariableDeclaratorSyntax>().Any(d =>
                d.Initializer?.Value is BaseObjectCreationExpressionSyntax));

    private HashSet<string> GetAccessorWords(IPropertySymbol property)
    {
        if (!_accessorWords.TryGetValue(property, out HashSet<string>? words))
        {
            words =
            [
                .. property.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).OfType<PropertyDeclarationSyntax>()
                    .SelectMany(p => new SyntaxNode?[] { p.ExpressionBody, p.AccessorList })
                    .Where(code => code is not null)
                    .SelectMany(code => code!.DescendantTokens().Where(t => t.IsKind(SyntaxKind.IdentifierToken)))
                    .Select(t => t.ValueText),
            ];
            _accessorWords.Add(property, words);
        }

        return words;
    }

    /// <summary>Whether a field has the name of a member: _name, m_name and name_ have the name of the member Name.</summary>
    private static bool HasNameOf(ISymbol member, MetadataField field)
    {
        string name = field.IsGenerated ? field.Name
            : field.Name.StartsWith("m_", StringComparison.Ordinal) ? field.Name.Substring(2)
            : field.Name.Trim('_');
        return string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>State that would be lost.</summary>
/// <param name="Symbol">The property or field, or the type that has it where it has no symbol.</param>
/// <param name="Name">The name for messages.</param>
internal readonly record struct LostState(ISymbol Symbol, string Name);
