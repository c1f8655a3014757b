using System.Text.RegularExpressions;

namespace TunnelRpc.Tests.Architecture;

// Decision: docs/adr/0034-one-vocabulary.md
/// <summary>
/// Comments and documentation use the field's terms, and none of the words that docs/glossary.md lists with their replacements.
/// </summary>
public sealed partial class LanguageTests
{
    private const string Glossary = "docs/glossary.md";

    private static readonly string[] CodeFolders = ["src", "tests", "samples", "benchmarks"];

    [Fact]
    public void Glossary_lists_words_that_are_not_used()
    {
        // An empty list would make the other tests pass on any text.
        Words().Count.ShouldBeGreaterThan(20);
        Words().ShouldContain("whoever");
    }

    [Fact]
    public void Comments_use_no_word_of_the_list()
    {
        // This file's test data are such comments.
        IEnumerable<string> files = Files(CodeFolders, "*.cs").Where(file => Path.GetFileName(file) != "LanguageTests.cs");

        Uses(files.SelectMany(Comments)).ShouldBeEmpty();
    }

    [Fact]
    public void Pages_use_no_word_of_the_list()
    {
        IEnumerable<string> pages = Files(["docs", "samples"], "*.md").Concat(Directory.EnumerateFiles(Repository.Root, "*.md"));

        Uses(pages.Where(page => Relative(page) != Glossary).SelectMany(Lines)).ShouldBeEmpty();
    }

    [Fact]
    public void Code_lines_have_at_most_140_columns()
    {
        // Contracts in raw strings, and what the generator makes of them, are not wrapped.
        IEnumerable<string> files = Files(CodeFolders, "*.cs")
            .Where(file => !Relative(file).StartsWith("tests/TunnelRpc.Generators.Tests/", StringComparison.Ordinal));

        files.SelectMany(Lines).Where(line => line.Text.Length > 140).Select(line => $"{line.File}:{line.Line}").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("    // Whoever removes the call completes it.", true)]
    [InlineData("    /// <summary>The caller is told of it likewise.</summary>", true)]
    [InlineData("    string whoever = \"likewise\";", false)]
    [InlineData("    // The writer completes the call.", false)]
    public void Word_of_the_list_is_found_in_a_comment(string line, bool found)
    {
        IEnumerable<Place> comments = CommentsOf("Sample.cs", [line]);

        Uses(comments).Any().ShouldBe(found);
    }

    private static IReadOnlyList<string> Words() =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, Glossary))
            .SkipWhile(line => !line.StartsWith("## Words", StringComparison.Ordinal))
            .Select(line => Row().Match(line))
            .Where(row => row.Success)
            .Select(row => row.Groups[1].Value),
    ];

    private static IEnumerable<string> Uses(IEnumerable<Place> places)
    {
        var words =
            new Regex(
                $@"\b(?:{string.Join('|', Words().Select(Regex.Escape))})\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        return places.Select(place => (place, match: words.Match(place.Text)))
            .Where(use => use.match.Success)
            .Select(use => $"{use.place.File}:{use.place.Line}: {use.match.Value}");
    }

    private static IEnumerable<Place> Comments(string file) => CommentsOf(Relative(file), File.ReadLines(file));

    private static IEnumerable<Place> CommentsOf(string file, IEnumerable<string> lines) =>
        lines.Select(
            (line, index) => new Place(file, index + 1, CommentStart().Match(line) is { Success: true } start ? line[start.Index..] : ""));

    private static IEnumerable<Place> Lines(string file) =>
        File.ReadLines(file).Select((line, index) => new Place(Relative(file), index + 1, line));

    private static IEnumerable<string> Files(string[] folders, string pattern) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories))
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"));

    private static string Relative(string file) => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');

    /// <summary>A comment that starts a line or follows white space, so that the slashes of an address do not count.</summary>
    [GeneratedRegex(@"(?<=^|\s)//")]
    private static partial Regex CommentStart();

    /// <summary>A row of the table: the word in backticks, then its replacement.</summary>
    [GeneratedRegex(@"^\|\s*`([^`]+)`\s*\|")]
    private static partial Regex Row();

    private sealed record Place(string File, int Line, string Text);
}
