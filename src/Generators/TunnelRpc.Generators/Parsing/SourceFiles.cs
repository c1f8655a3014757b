using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The source files of the types of a contract. Not thread-safe.</summary>
internal sealed class SourceFiles
{
    private readonly HashSet<SyntaxTree> _trees = [];

    /// <summary>All files that were added.</summary>
    public IReadOnlyCollection<SyntaxTree> Trees => _trees;

    /// <summary>Adds the files of a type, and of the types that it derives from and is contained in.</summary>
    public void Add(ITypeSymbol type)
    {
        if (type is not INamedTypeSymbol named)
        {
            return;
        }

        IEnumerable<INamedTypeSymbol> types = TypeMembers.SelfAndBases(named)
            .Concat(named.AllInterfaces)
            .SelectMany(Declaration.SelfAndContainingTypes);
        foreach (SyntaxReference part in types.SelectMany(t => t.DeclaringSyntaxReferences))
        {
            _trees.Add(part.SyntaxTree);
        }
    }
}
