using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Tests.Corpus;

/// <summary>A file of the corpus: a compilation with many small contracts (Corpus/README.md).</summary>
internal sealed partial class CorpusFile
{
    private const string LibrarySuffix = ".Library.cs";

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Corpus");

    private static readonly string Usings = File.ReadAllText(Path.Combine(Root, "Shared", "Usings.cs"));

    private static readonly string Attributes = File.ReadAllText(Path.Combine(Root, "Shared", "Attributes.cs"));

    private readonly string _path;

    private CorpusFile(string path)
    {
        _path = path;
        Name = Path.GetFileNameWithoutExtension(path);
        Text = File.ReadAllText(path);
    }

    /// <summary>The name without the extension.</summary>
    public string Name { get; }

    /// <summary>The source.</summary>
    public string Text { get; }

    /// <summary>The lines, from 1, at which errors are expected, with their ids.</summary>
    public IEnumerable<(int Line, string Id)> Marks =>
        from line in Text.ReplaceLineEndings("\n").Split('\n').Index()
        from id in Mark().Match(line.Item).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        select (line.Index + 1, id);

    /// <summary>The declarations of contracts.</summary>
    public IEnumerable<InterfaceDeclarationSyntax> Contracts =>
        Compilations.ParseText(Text).GetRoot().DescendantNodes().OfType<InterfaceDeclarationSyntax>()
            .Where(d => d.AttributeLists.SelectMany(l => l.Attributes).Any(a => a.Name.ToString() == "TunnelService"));

    /// <summary>Returns the names of the files of a folder.</summary>
    public static IEnumerable<string> NamesIn(string folder) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs")
        .Where(path => !path.EndsWith(LibrarySuffix, StringComparison.Ordinal))
        .Select(path => Path.GetFileNameWithoutExtension(path)!)
        .Order(StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    public static CorpusFile Read(string folder, string name) => new(Path.Combine(Root, folder, name + ".cs"));

    /// <summary>Whether there is a file with the same name and the suffix .Library.cs.</summary>
    public bool HasLibrary => File.Exists(LibraryPath);

    private string LibraryPath => Path.ChangeExtension(_path, null) + LibrarySuffix;

    /// <summary>Creates the compilation of the library.</summary>
    public CSharpCompilation CompileLibrary() => Compilations.Create(File.ReadAllText(LibraryPath), Usings, Attributes)
        .WithAssemblyName($"Corpus.{Name}.Library");

    /// <summary>Creates the compilation of the file with the strictest settings. The file is the first tree.</summary>
    /// <param name="library">The library, which has the attributes; null if there is none.</param>
    public CSharpCompilation Compile(MetadataReference? library = null)
    {
        CSharpCompilation compilation = library is null
            ? Compilations.Create(Text, Usings, Attributes)
            : Compilations.Create(Text, Usings).AddReferences(library);
        return compilation.WithAssemblyName($"Corpus.{Name}").WithOptions(compilation.Options.WithAllowUnsafe(true));
    }

    [GeneratedRegex(@"// ((?:TRPC\d{4} ?)+)$")]
    private static partial Regex Mark();
}
