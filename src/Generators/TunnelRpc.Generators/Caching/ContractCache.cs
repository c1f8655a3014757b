using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Caching;

// Decision: docs/adr/0089-less-generated-code.md
/// <summary>
/// Keeps the models of contracts between the runs of a generator: an editor runs it after every change, and asks for the model of every
/// contract. A model is used again as long as the files of the contract and of its types are unchanged, and names refer to the same
/// declarations as before. Thread-safe.
/// </summary>
internal sealed class ContractCache
{
    // The contracts without errors and notes that the generators of this process have parsed. The analyzers of the same compiler find them
    // here.
    private static readonly ContractCache Valid = new();

    // By the file of the contract and its place there. An entry ends with its file.
    private readonly ConditionalWeakTable<SyntaxTree, ConcurrentDictionary<TextSpan, Entry>> _entries = new();

    // Those of the latest run, so that most entries have the same object, which is not compared again. Any recent one will do, so there is
    // no lock.
    private DeclaredNames? _latest;

    /// <summary>Returns the names for a run: those of the latest run if they are the same.</summary>
    public DeclaredNames Share(DeclaredNames names)
    {
        if (Volatile.Read(ref _latest) is { } latest && latest.AreSameAs(names))
        {
            return latest;
        }

        Volatile.Write(ref _latest, names);
        return names;
    }

    /// <summary>Returns the model of an earlier run; null if there is none that is still valid.</summary>
    /// <param name="declaration">The declaration of the contract.</param>
    /// <param name="compilation">The compilation.</param>
    /// <param name="names">Its names.</param>
    public ParsedContract? Find(SyntaxNode declaration, Compilation compilation, DeclaredNames names) =>
        _entries.TryGetValue(declaration.SyntaxTree, out ConcurrentDictionary<TextSpan, Entry>? entries)
        && entries.TryGetValue(declaration.Span, out Entry? entry)
        && entry.Names.AreSameAs(names)
        && entry.Files.All(compilation.ContainsSyntaxTree)
            ? entry.Contract
            : null;

    /// <summary>Keeps a model for the next runs.</summary>
    /// <param name="declaration">The declaration of the contract.</param>
    /// <param name="names">The names of the compilation.</param>
    /// <param name="files">The files of the contract and of its types.</param>
    /// <param name="contract">The model.</param>
    public void Set(SyntaxNode declaration, DeclaredNames names, IReadOnlyCollection<SyntaxTree> files, ParsedContract contract)
    {
        var entry = new Entry(names, files, contract);
        Set(declaration, entry);
        if (contract is { Service: not null, Error: null, HasNotes: false })
        {
            Valid.Set(declaration, entry);
        }
    }

    private void Set(SyntaxNode declaration, Entry entry) =>
        _entries.GetOrCreateValue(declaration.SyntaxTree)[declaration.Span] = entry;

    /// <summary>
    /// Returns the model of a contract without errors and notes that a generator of this process has parsed; null if there is none that is
    /// still valid. The parser would report nothing.
    /// </summary>
    /// <param name="attribute">The attribute of the contract.</param>
    /// <param name="compilation">The compilation, with or without the outputs of the generator.</param>
    /// <param name="names">Its names without these outputs.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public static ServiceModel? FindValid(
        AttributeData attribute, Compilation compilation, DeclaredNames names, CancellationToken cancellationToken) =>
        attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken).Parent?.Parent is { } declaration
            ? Valid.Find(declaration, compilation, names)?.Service
            : null;

    private sealed record Entry(DeclaredNames Names, IReadOnlyCollection<SyntaxTree> Files, ParsedContract Contract);
}
