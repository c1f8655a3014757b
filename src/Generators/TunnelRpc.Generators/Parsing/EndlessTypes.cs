using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0078-accepted-contracts-compile.md
/// <summary>
/// Finds generic types that contain themselves with ever larger type arguments, for example
/// <c>class Node&lt;T&gt; { Node&lt;List&lt;T&gt;&gt;? Next; }</c>: they need formatters without end.
/// </summary>
internal sealed class EndlessTypes(DiagnosticReporter diagnostics)
{
    /// <summary>
    /// The largest number of types in the name of a generic type that is contained in another construction of itself. Without this limit
    /// the parser would not end.
    /// </summary>
    private const int MaxSize = 64;

    // The generic definitions whose constructions are being parsed, and those that were found to be endless.
    private readonly HashSet<ISymbol> _open = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _endless = new(SymbolEqualityComparer.Default);

    /// <summary>
    /// Returns whether the type is endless. Reports it once for each definition, at the member whose type it is.
    /// </summary>
    public bool Contains(INamedTypeSymbol type, TypePath path)
    {
        if (_endless.Contains(type.OriginalDefinition))
        {
            return true;
        }

        if (!_open.Contains(type.OriginalDefinition) || !IsLarge(type))
        {
            return false;
        }

        _endless.Add(type.OriginalDefinition);
        diagnostics.Report(Rules.EndlessType, path.MemberOrSymbol, path.Start, type.OriginalDefinition.ToDisplayString());
        return true;
    }

    /// <summary>Begins the parsing of a type. Returns false if another construction of the same definition is being parsed.</summary>
    public bool Enter(INamedTypeSymbol type) => _open.Add(type.OriginalDefinition);

    /// <summary>Ends the parsing of a type for which <see cref="Enter"/> returned true.</summary>
    public void Leave(INamedTypeSymbol type) => _open.Remove(type.OriginalDefinition);

    /// <summary>Counts the types in the name, and stops at the limit: a type may have far more than can be counted.</summary>
    private static bool IsLarge(ITypeSymbol type)
    {
        var pending = new Stack<ITypeSymbol>([type]);
        for (int size = 0; pending.Count > 0; size++)
        {
            if (size >= MaxSize)
            {
                return true;
            }

            switch (pending.Pop())
            {
                case IArrayTypeSymbol array:
                    pending.Push(array.ElementType);
                    break;
                case INamedTypeSymbol named:
                    foreach (ITypeSymbol argument in Declaration.SelfAndContainingTypes(named).SelectMany(t => t.TypeArguments))
                    {
                        pending.Push(argument);
                    }

                    break;
            }
        }

        return false;
    }
}
