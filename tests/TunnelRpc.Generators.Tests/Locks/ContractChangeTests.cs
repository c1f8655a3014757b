using Shouldly;
using TunnelRpc.Generators.Locks;
using Xunit;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>
/// Each change of the table in docs/contract-lock.md: the grade that the comparison gives it, and what happens when a client of one version
/// calls a server of the other through a session.
/// </summary>
public sealed class ContractChangeTests
{
    public static TheoryData<string> Names => [.. ContractChanges.All.Select(c => c.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task Change_has_its_grade_and_does_to_peers_what_the_grade_says(string name)
    {
        ContractChange change = ContractChanges.All.Single(c => c.Name == name);
        using ContractPeer old = ContractPeer.Create(change.Old);
        using ContractPeer now = ContractPeer.Create(change.New);

        IReadOnlyList<LockDifference> differences = LockComparison.Compare(old.Model, now.Model);

        string found = string.Join("\n", differences.Select(d => $"{d.Grade}: {d.Message}"));
        LockGrade? worst = differences.Count == 0 ? null : differences.Max(d => d.Grade);
        worst.ShouldBe(change.Grade, found);
        (await old.CallAsync(now)).ShouldContain(change.OldClient, Case.Sensitive, "an older client and a newer server\n" + found);
        (await now.CallAsync(old)).ShouldContain(change.NewClient, Case.Sensitive, "a newer client and an older server\n" + found);
    }

    [Fact]
    public void Page_has_a_row_for_each_change()
    {
        string[] rows = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "pages", "docs", "contract-lock.md"));

        foreach (ContractChange change in ContractChanges.All)
        {
            string grade = change.Grade switch
            {
                LockGrade.Break => "breaks",
                LockGrade.Surprise => "may surprise",
                LockGrade.Addition => "addition",
                _ => "no difference",
            };
            rows.ShouldContain(row => row.StartsWith($"| {change.Name} | {grade} |", StringComparison.Ordinal), $"{change.Name}: {grade}");
        }
    }
}
