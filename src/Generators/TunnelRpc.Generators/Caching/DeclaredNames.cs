using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Caching;

/// <summary>
/// What a name in a source file may refer to beyond that file: the declared types and namespaces of all files, the constants, the global
/// usings, the referenced assemblies and the options. Two compilations with equal values bind the names of an unchanged file to
/// declarations of the same names. Immutable.
/// </summary>
internal sealed class DeclaredNames
{
    private readonly ulong _hash;
    private readonly CompilationOptions _options;
    private readonly ImmutableArray<MetadataReference> _references;

    private DeclaredNames(Compilation compilation, Func<SyntaxTree, bool> includes, CancellationToken cancellationToken)
    {
        // The order of the files does not matter.
        foreach (SyntaxTree file in compilation.SyntaxTrees.Where(includes))
        {
            _hash = unchecked(_hash + FileDeclarations.Of(file, cancellationToken).NameHash);
        }

        // The severities of diagnostics, which the provider has, change no name. It is another object after each change of the project.
        _options = compilation.Options.WithSyntaxTreeOptionsProvider(null);
        _references = [.. compilation.References];
    }

    /// <summary>Returns the names of a compilation.</summary>
    public static DeclaredNames Of(Compilation compilation, CancellationToken cancellationToken) =>
        new(compilation, static _ => true, cancellationToken);

    /// <summary>Returns the names of a compilation to which the outputs of the generator were added, without these.</summary>
    public static DeclaredNames WithoutGenerated(Compilation compilation, CancellationToken cancellationToken) =>
        new(compilation, static file => !IsGenerated(file), cancellationToken);

    /// <summary>Returns whether the names of both compilations are the same.</summary>
    public bool AreSameAs(DeclaredNames other) =>
        ReferenceEquals(this, other)
        || (_hash == other._hash
            && _options.Equals(other._options)
            && _references.Length == other._references.Length
            && _references.Zip(other._references, ReferenceEquals).All(equal => equal));

    private static bool IsGenerated(SyntaxTree file) =>
        Path.GetFileName(Path.GetDirectoryName(file.FilePath)) == typeof(ContractGenerator).FullName;
}
