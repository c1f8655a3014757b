using System.Text.RegularExpressions;

namespace TunnelRpc.Tests.Architecture;

/// <summary>
/// Decisions (docs/adr) have a status and a date, are listed in the index, and are linked from the code that they explain.
/// </summary>
public sealed partial class DecisionTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "adr");

    public static TheoryData<string> Decisions => [.. Names];

    private static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder, "0*.md").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Decisions))]
    public void Decision_has_a_status_and_a_date_and_is_in_the_index(string name)
    {
        string text = File.ReadAllText(Path.Combine(Folder, name));

        text.ShouldMatch(@"(?m)^- Status: (accepted|superseded)");
        text.ShouldMatch(@"(?m)^- Date: \d{4}-\d{2}-\d{2}$");
        File.ReadAllText(Path.Combine(Folder, "README.md")).ShouldContain($"({name})");
    }

    [Fact]
    public void Decisions_are_linked_from_code_and_every_link_resolves()
    {
        string[] linked =
        [
            .. new[] { "src", "tests" }
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
                .SelectMany(file => Link().Matches(File.ReadAllText(file)))
                .Select(link => link.Groups[1].Value)
                .Distinct(),
        ];

        linked.Order(StringComparer.Ordinal).ShouldBe(Names);
    }

    [GeneratedRegex(@"// Decision: docs/adr/([\w-]+\.md)")]
    private static partial Regex Link();
}
