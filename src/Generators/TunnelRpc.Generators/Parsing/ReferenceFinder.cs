using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Finds whether the values of a method may contain a value that is passed by reference: a service, a stream or a progress.
/// </summary>
/// <param name="formatters">Finds the formatters that attributes name.</param>
internal sealed class ReferenceFinder(FormatterParser formatters)
{
    // The types that were visited already; types may be recursive.
    private readonly HashSet<ITypeSymbol> _seen = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ITypeSymbol> _seenDefinitions = new(SymbolEqualityComparer.Default);

    /// <summary>Returns whether the arguments, the result or the stream items may contain a value that is passed by reference.</summary>
    /// <param name="method">The method.</param>
    /// <param name="streamParameter">The parameter that is the stream of the call; null if there is none. Only its items count.</param>
    /// <param name="formatters">Finds the formatters that attributes name.</param>
    public static bool UsesReferences(IMethodSymbol method, IParameterSymbol? streamParameter, FormatterParser formatters)
    {
        var finder = new ReferenceFinder(formatters);
        return method.Parameters.Any(p => SymbolEqualityComparer.Default.Equals(p, streamParameter)
                ? finder.ItemContainsReference(p.Type, FormatterAttribute.Of(p))
                : finder.ContainsReference(p.Type, FormatterAttribute.Of(p)))
            || finder.ItemContainsReference(method.ReturnType, FormatterAttribute.OfResult(method));
    }

    /// <summary>Checks the item type of a stream, or the result type of a task, and not the stream or the task itself.</summary>
    private bool ItemContainsReference(ITypeSymbol type, IReadOnlyList<FormatterAttribute> atPlace) =>
        type is INamedTypeSymbol { IsGenericType: true } generic
        && generic.ConstructedFrom.ToDisplayString() is
            "System.Collections.Generic.IAsyncEnumerable<T>"
            or "System.IObservable<T>"
            or "System.Threading.Channels.ChannelReader<T>"
            or "System.Threading.Tasks.Task<TResult>"
            or "System.Threading.Tasks.ValueTask<TResult>"
            ? ContainsReference(generic.TypeArguments[0], atPlace)
            : ContainsReference(type, atPlace);

    /// <summary>
    /// Checks a type at a place whose attributes may name a formatter. Such a formatter contains only what it is created with.
    /// </summary>
    private bool ContainsReference(ITypeSymbol type, IReadOnlyList<FormatterAttribute> atPlace) =>
        atPlace.Count > 0 ? formatters.ContentOf(type, atPlace).Any(ContainsReference) : ContainsReference(type);

    private bool ContainsReference(ITypeSymbol type)
    {
        if (!_seen.Add(type))
        {
            return false;
        }

        if (formatters.Find(type) is { Count: > 0 } named)
        {
            return formatters.ContentOf(type, named).Any(ContainsReference);
        }

        switch (type)
        {
            case IArrayTypeSymbol array:
                return ContainsReference(array.ElementType);
            case INamedTypeSymbol constructed:
                if ((KnownTypes.PassedByReference.Contains(constructed.ConstructedFrom.ToDisplayString())
                        && !PlatformTypes.IsNamesake(constructed))
                    || AttributeNames.Find(constructed, AttributeNames.TunnelService) is not null)
                {
                    return true;
                }

                // The members of the definition, and not those of this construction: there may be constructions without end.
                INamedTypeSymbol definition = constructed.OriginalDefinition;
                return constructed.TypeArguments.Any(ContainsReference)
                    || (_seenDefinitions.Add(definition)
                        && (CasesOf(definition).Any(ContainsReference)
                            || (DiscriminatedUnionParser.IsUnion(definition) && definition.GetTypeMembers().Any(ContainsReference))
                            || (!PlatformTypes.Contains(definition)
                                && TypeMembers.Of(definition).Serialized.Any(m =>
                                    ContainsReference(TypeMembers.TypeOf(m), FormatterAttribute.Of(m))))));
            default:
                return false;
        }
    }

    private static IEnumerable<ITypeSymbol> CasesOf(INamedTypeSymbol type) => type.GetAttributes()
        .Where(a => a.AttributeClass.HasName(AttributeNames.TunnelUnion) || a.AttributeClass.HasName(AttributeNames.MessagePackUnion))
        .SelectMany(a => a.ConstructorArguments)
        .Where(a => a.Kind == TypedConstantKind.Type)
        .Select(a => a.Value)
        .OfType<ITypeSymbol>();
}
