namespace TunnelRpc.Generators.Tests.Documentation;

/// <summary>A C# block of a page.</summary>
/// <param name="Kind">What the block is.</param>
/// <param name="IsWeb">Whether it belongs to a project of the web SDK, which has more implicit usings.</param>
/// <param name="IsContinued">Whether its statements belong to the same method as those of the block before it.</param>
/// <param name="Line">The number of its first line on the page.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record Snippet(SnippetKind Kind, bool IsWeb, bool IsContinued, int Line, IReadOnlyList<string> Lines)
{
    /// <summary>The number of lines before its first line that is neither empty nor a using directive.</summary>
    public int UsingLines => Lines.TakeWhile(line => line.Length == 0 || IsUsing(line)).Count();

    /// <summary>The using directives at its start.</summary>
    public IEnumerable<string> Usings => Lines.Take(UsingLines).Where(line => line.Length > 0);

    /// <summary>Whether a line contains <paramref name="text"/>.</summary>
    public bool Contains(string text) => Lines.Any(line => line.Contains(text, StringComparison.Ordinal));

    // A using directive of a namespace, and not a statement such as "using var …" or "using (…)".
    private static bool IsUsing(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';')
        && line["using ".Length..^1].All(c => char.IsLetterOrDigit(c) || c == '.');
}
