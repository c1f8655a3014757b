using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Finds whether the values of a method may contain a value that is passed by reference: a service, a stream or a progress.
/// </summary>
internal sealed class ReferenceFinder
{
    // The types that were visited already; types may be recursive.
    private readonly HashSet<ITypeSymbol> _seen = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ITypeSymbol> _seenDefinitions = new(SymbolEqualityComparer.Default);

    /// <summary>Returns whether the arguments, the result or the stream items may contain a value that is passed by reference.</summary>
    /// <param name="method">The method.</param>
    /// <param name="streamParameter">The parameter that is the stream of the call; null if there is none. Only its items count.</param>
    public static bool UsesReferences(IMethodSymbol method, IParameterSymbol? streamParameter)
    {
        var finder = new ReferenceFinder();
        return method.Parameters.Any(p => SymbolEqualityComparer.Default.Equals(p, streamParameter)
                ? finder.ItemContainsReference(p.Type)
                : finder.ContainsReference(p.Type))
            || finder.ItemContainsReference(method.ReturnType);
    }

    /// <summary>Checks the item type of a stream, or the result type of a task, and not the stream or the task itself.</summary>
    private bool ItemContainsReference(ITypeSymbol type) => type is INamedTypeSymbol { IsGenericType: true } generic
        && generic.ConstructedFrom.ToDisplayString() is
            "System.Collections.Generic.IAsyncEnumerable<T>"
            or "System.Threading.Tasks.Task<TResult>"
            or "System.Threading.Tasks.ValueTask<TResult>"
            ? ContainsReference(generic.TypeArguments[0])
            : ContainsReference(type);

    private bool ContainsReference(ITypeSymbol type)
    {
        if (!_seen.Add(type))
        {
            return false;
        }

        switch (type)
        {
            case IArrayTypeSymbol array:
                return ContainsReference(array.ElementType);
            case INamedTypeSymbol named:
                if ((KnownTypes.PassedByReference.Contains(named.ConstructedFrom.ToDisplayString()) && !PlatformTypes.IsNamesake(named))
                    || AttributeNames.Find(named, AttributeNames.TunnelService) is not null)
                {
                    return true;
                }

                // The members of the definition, and not those of this construction: there may be constructions without end.
                INamedTypeSymbol definition = named.OriginalDefinition;
                return named.TypeArguments.Any(ContainsReference)
                    || (_seenDefinitions.Add(definition)
                        && (CasesOf(definition).Any(ContainsReference)
                            || (!PlatformTypes.Contains(definition)
                                && TypeMembers.Of(definition).Serialized.Any(m => ContainsReference(TypeMembers.TypeOf(m))))));
            default:
                return false;
        }
    }

    private static IEnumerable<ITypeSymbol> CasesOf(INamedTypeSymbol type) => type.GetAttributes()
        .Where(a => a.AttributeClass?.ToDisplayString() is AttributeNames.TunnelUnion or AttributeNames.MessagePackUnion)
        .SelectMany(a => a.ConstructorArguments)
        .Where(a => a.Kind == TypedConstantKind.Type)
        .Select(a => a.Value)
        .OfType<ITypeSymbol>();
}
