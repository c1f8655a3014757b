using System.Text.RegularExpressions;

namespace TunnelRpc.Tests.Architecture;

/// <summary>Each row of docs/faults-and-attacks.md names at least one test, and the named tests exist.</summary>
public sealed partial class FaultsPageTests
{
    // A lower bound, so that the test fails if it no longer recognizes the rows.
    private const int Rows = 60;

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        string[] rows =
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "docs", "faults-and-attacks.md"))
                .Where(line => line.StartsWith('|')
                    && !line.StartsWith("|---", StringComparison.Ordinal)
                    && !line.EndsWith("| tests |", StringComparison.Ordinal)),
        ];

        rows.Length.ShouldBeGreaterThanOrEqualTo(Rows);
        rows.Select(row => row.Split('|')[1]).ShouldBeUnique();
        foreach (string row in rows)
        {
            string[] tests = [.. Name().Matches(row).Select(match => match.Groups[1].Value)];
            tests.ShouldNotBeEmpty($"Expected the name of a test in this row: {row}");
            tests.Length.ShouldBe(row.Split("`").Length / 2, $"Expected full names of tests in this row: {row}");
            tests.ShouldAllBe(test => Exists(test), row);
        }
    }

    /// <summary>
    /// Whether a test exists. Each file has one type, and its folder is its namespace, so the full name of a test determines its file.
    /// </summary>
    private static bool Exists(string test)
    {
        string[] parts = test.Split('.');
        for (int length = 2; length < parts.Length - 1; length++)
        {
            string project = string.Join('.', parts[..length]);
            string file = Path.Combine([Repository.Root, "tests", project, .. parts[length..^2], parts[^2] + ".cs"]);
            if (File.Exists(file))
            {
                string[] lines = File.ReadAllLines(file);
                int at = Array.FindIndex(lines, line => line.Contains($" {parts[^1]}(", StringComparison.Ordinal));
                int gap = at < 0 ? -1 : Array.FindLastIndex(lines, at, string.IsNullOrWhiteSpace);
                return at >= 0 && lines[(gap + 1)..at].Any(line => Attribute().IsMatch(line));
            }
        }

        return false;
    }

    [GeneratedRegex(@"`(TunnelRpc(?:\.\w+)+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\[\w*(Fact|Theory)\b")]
    private static partial Regex Attribute();
}
