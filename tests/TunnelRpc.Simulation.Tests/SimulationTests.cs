using TunnelRpc.Simulation.Defects;

namespace TunnelRpc.Simulation.Tests;

public sealed class SimulationTests
{
    public static TheoryData<string> Bugs => [.. DefectList.All.Select(d => d.Name)];

    [Fact]
    public async Task Hundreds_of_seeds_pass()
    {
        (int code, string[] output) = await SimulationProcess.RunAsync("--seeds", "1..300", "--processes", "2");

        code.ShouldBe(0, string.Join('\n', output));
        output[^1].ShouldBe("300 passed, 0 failed");
    }

    [Fact]
    public async Task A_seed_is_the_same_run_in_every_process_and_whatever_ran_before()
    {
        (_, string[] first) = await SimulationProcess.RunAsync("--seeds", "1..60", "--processes", "1", "--hashes");
        (_, string[] second) = await SimulationProcess.RunAsync("--seeds", "31..60", "--processes", "1", "--hashes");

        string[] hashes = [.. first.Where(IsHash).Skip(30)];
        hashes.Length.ShouldBe(30);
        hashes.Distinct().Count().ShouldBe(30);
        second.Where(IsHash).ShouldBe(hashes);

        static bool IsHash(string line) => line.Contains(" hash ", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_prints_what_happens_in_it()
    {
        (int code, string[] output) = await SimulationProcess.RunAsync("--seed", "7", "--trace");

        code.ShouldBe(0, string.Join('\n', output));
        output.ShouldContain(line => line.Contains("link opens", StringComparison.Ordinal));
        output.ShouldContain(line => line.Contains("success", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_bug_that_is_to_be_found_still_has_its_place(string name)
    {
        Defect defect = DefectList.All.Single(d => d.Name == name);

        string source = File.ReadAllText(Path.Combine(RepositoryRoot.Find(), defect.File));

        source.Split(defect.Find).Length.ShouldBe(2, $"{defect.File} must have this once: {defect.Find}");
        defect.Replace.ShouldContain("HERE");
    }

    [Fact]
    public async Task What_is_not_understood_is_answered_with_what_would_be()
    {
        (int code, string[] output) = await SimulationProcess.RunAsync("--sedes", "1..2");

        code.ShouldBe(2);
        output[0].ShouldStartWith("Usage: ");
    }
}
