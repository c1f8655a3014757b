namespace TunnelRpc.Generators.Tests.Documentation;

/// <summary>
/// The C# blocks of a Markdown page. A comment before a block, which readers do not see, says what the block is:
/// <code>
/// &lt;!-- snippet: statements --&gt;            also: declarations, members, file
/// &lt;!-- snippet: statements, continued --&gt; statements of the same method as the block before
/// &lt;!-- snippet: statements, web --&gt;       of a project with the implicit usings of Microsoft.NET.Sdk.Web
/// &lt;!-- not compiled: the reason --&gt;
/// </code>
/// A block without such a comment is a whole file, of a web project if it creates a WebApplication. A comment that starts with a line
/// <c>&lt;!-- context</c> contains C# that the blocks of the page need and do not show; its properties of the partial class <c>Snippets</c>
/// are the variables of all statements.
/// </summary>
/// <param name="name">The path of the page, for messages.</param>
internal sealed class DocumentationPage(string name)
{
    private const string Fence = "```";
    private const string ContextStart = "<!-- context";
    private const string SnippetStart = "<!-- snippet:";
    private const string NotCompiledStart = "<!-- not compiled:";
    private const string CommentEnd = "-->";

    private static readonly string[] OtherNamesOfCSharp = ["```cs", "```c#"];

    private readonly List<Snippet> _snippets = [];
    private readonly List<(int Line, string Text)> _contexts = [];

    public string Name => name;

    public IReadOnlyList<Snippet> Snippets => _snippets;

    /// <summary>The code that the page does not show, with its line.</summary>
    public IReadOnlyList<(int Line, string Text)> Contexts => _contexts;

    /// <exception cref="FormatException">A comment or a block cannot be read.</exception>
    public static DocumentationPage Parse(string name, string text)
    {
        var page = new DocumentationPage(name);
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        string? marker = null;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            if (line == ContextStart)
            {
                int start = i + 1;
                i = page.FindEnd(lines, i, CommentEnd);
                page._contexts.Add((start + 1, string.Join('\n', lines[start..i])));
            }
            else if (line.StartsWith(SnippetStart, StringComparison.Ordinal) || line.StartsWith(NotCompiledStart, StringComparison.Ordinal))
            {
                page.Require(marker is null, i - 1, "expected a C# block after the marker");
                page.Require(line.EndsWith(CommentEnd, StringComparison.Ordinal), i, "expected the marker on one line");
                marker = line;
            }
            else if (line.StartsWith(Fence, StringComparison.Ordinal))
            {
                int start = i + 1;
                i = page.FindEnd(lines, i, Fence);
                string language = lines[start - 1];
                bool isCSharp = language == Fence + "csharp";
                page.Require(
                    isCSharp || !Array.Exists(OtherNamesOfCSharp, other => language.StartsWith(other, StringComparison.OrdinalIgnoreCase)),
                    start - 1,
                    "expected ```csharp");
                page.Require(isCSharp || marker is null, start - 1, "expected a C# block after the marker");
                if (isCSharp)
                {
                    page._snippets.Add(page.CreateSnippet(marker, start, lines[start..i]));
                    marker = null;
                }
            }
            else
            {
                page.Require(marker is null, i, "expected a C# block after the marker");
            }
        }

        page.Require(marker is null, lines.Length - 1, "expected a C# block after the marker");
        return page;
    }

    private Snippet CreateSnippet(string? marker, int start, string[] lines)
    {
        if (marker is null)
        {
            bool isWeb = Array.Exists(lines, line => line.Contains("WebApplication.Create", StringComparison.Ordinal));
            return new Snippet(SnippetKind.File, isWeb, false, start + 1, lines);
        }

        if (marker.StartsWith(NotCompiledStart, StringComparison.Ordinal))
        {
            Require(marker[NotCompiledStart.Length..^CommentEnd.Length].Trim().Length > 0, start - 2, "expected the reason");
            return new Snippet(SnippetKind.NotCompiled, false, false, start + 1, lines);
        }

        string[] words = marker[SnippetStart.Length..^CommentEnd.Length].Split(',', StringSplitOptions.TrimEntries);
        Require(
            Enum.TryParse(words[0], ignoreCase: true, out SnippetKind kind) && kind != SnippetKind.NotCompiled,
            start - 2,
            "expected statements, members, declarations or file");
        Require(words.Skip(1).All(word => word is "web" or "continued"), start - 2, "expected no options but web and continued");
        return new Snippet(kind, words.Contains("web"), words.Contains("continued"), start + 1, lines);
    }

    private int FindEnd(string[] lines, int start, string end)
    {
        int index = Array.FindIndex(lines, start + 1, line => line.TrimEnd() == end);
        Require(index >= 0, start, $"expected a line {end}");
        return index;
    }

    private void Require(bool condition, int index, string expected)
    {
        if (!condition)
        {
            throw new FormatException($"{name}:{index + 1}: {expected}.");
        }
    }
}
