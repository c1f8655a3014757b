using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>Finds the dictionaries and sets in the types of a contract that are decoded with predictable hash codes.</summary>
/// <param name="assembly">The assembly of the contract.</param>
/// <param name="report">Receives the place, the name of the collection, and the type of its keys.</param>
internal sealed class HashedKeyFinder(IAssemblySymbol assembly, Action<ISymbol, string, ITypeSymbol> report)
{
    /// <summary>Constructions of one generic type beyond this number are not followed: there may be constructions without end.</summary>
    private const int MaxConstructions = 8;

    /// <summary>The collections that are decoded by hash codes of their first type argument.</summary>
    private static readonly HashSet<string> Hashed =
    [
        "System.Collections.Generic.Dictionary<TKey, TValue>",
        "System.Collections.Generic.IDictionary<TKey, TValue>",
        "System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>",
        "System.Collections.Generic.OrderedDictionary<TKey, TValue>",
        "System.Collections.ObjectModel.ReadOnlyDictionary<TKey, TValue>",
        "System.Collections.Concurrent.ConcurrentDictionary<TKey, TValue>",
        "System.Collections.Frozen.FrozenDictionary<TKey, TValue>",
        "System.Collections.Immutable.ImmutableDictionary<TKey, TValue>",
        "System.Collections.Immutable.IImmutableDictionary<TKey, TValue>",
        "System.Linq.ILookup<TKey, TElement>",
        "System.Collections.Generic.HashSet<T>",
        "System.Collections.Generic.ISet<T>",
        "System.Collections.Generic.IReadOnlySet<T>",
        "System.Collections.ObjectModel.ReadOnlySet<T>",
        "System.Collections.Frozen.FrozenSet<T>",
        "System.Collections.Immutable.ImmutableHashSet<T>",
        "System.Collections.Immutable.IImmutableSet<T>",
    ];

    private readonly HashSet<ITypeSymbol> _seen = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ITypeSymbol, int> _constructions = new(SymbolEqualityComparer.Default);

    /// <summary>Checks a type and the types of its members.</summary>
    /// <param name="type">The type.</param>
    /// <param name="place">The symbol at which its keys are reported.</param>
    /// <param name="name">The name of the place for messages.</param>
    public void Visit(ITypeSymbol type, ISymbol place, string name)
    {
        if (type is IArrayTypeSymbol array)
        {
            Visit(array.ElementType, place, name);
        }

        if (type is not INamedTypeSymbol named || named.TypeKind is TypeKind.Enum or TypeKind.Delegate or TypeKind.Error)
        {
            return;
        }

        // A collection is reported at each place that has one, so this comes before the check of what was seen.
        if (named.IsGenericType && Hashed.Contains(named.ConstructedFrom.ToDisplayString()) && !PlatformTypes.IsNamesake(named)
            && FindPredictable(named.TypeArguments[0]) is { } key)
        {
            report(place, name, key);
        }

        foreach (ITypeSymbol argument in named.TypeArguments)
        {
            Visit(argument, place, name);
        }

        if (PlatformTypes.Contains(named) || ContractTypes.IsContract(named) || !_seen.Add(named) || !CountConstruction(named))
        {
            return;
        }

        foreach (string union in new[] { AttributeNames.TunnelUnion, AttributeNames.MessagePackUnion })
        {
            foreach ((_, INamedTypeSymbol unionCase) in UnionParser.ListedBy(named, union))
            {
                Visit(unionCase, place, name);
            }
        }

        foreach (ISymbol member in TypeMembers.Of(named).Serialized)
        {
            // A member whose type depends on a type argument has such keys only here.
            ITypeSymbol memberType = TypeMembers.TypeOf(member);
            bool isPlace = SymbolEqualityComparer.Default.Equals(member.ContainingAssembly, assembly)
                && SymbolEqualityComparer.Default.Equals(TypeMembers.TypeOf(member.OriginalDefinition), memberType);
            Visit(
                memberType,
                isPlace ? member : place,
                isPlace ? $"{member.ContainingType.Name}.{member.Name}" : $"{name}.{member.Name}");
        }
    }

    private bool CountConstruction(INamedTypeSymbol type)
    {
        _constructions.TryGetValue(type.OriginalDefinition, out int count);
        _constructions[type.OriginalDefinition] = count + 1;
        return count < MaxConstructions;
    }

    /// <summary>Returns the key, or the element of a tuple as the key, whose hash codes are predictable; null if there is none.</summary>
    private static ITypeSymbol? FindPredictable(ITypeSymbol key) =>
        key is INamedTypeSymbol { IsTupleType: true } tuple
            ? tuple.TupleElements.Select(e => FindPredictable(e.Type)).FirstOrDefault(t => t is not null)
            : HashCodes.ArePredictable(key) ? key : null;
}
