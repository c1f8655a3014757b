using TunnelRpc.Simulation.Defects;

namespace TunnelRpc.Simulation.Tests;

public sealed class SimulationTests
{
    public static TheoryData<string> DefectNames => [.. DefectList.All.Select(d => d.Name)];

    [Fact]
    public async Task Seeds_1_to_300_pass()
    {
        (int code, string[] output) = await SimulationProcess.RunAsync("--seeds", "1..300", "--processes", "2");

        code.ShouldBe(0, string.Join('\n', output));
        output[^1].ShouldBe("300 passed, 0 failed");
    }

    [Fact]
    public async Task Seed_in_another_process_gives_the_same_hash()
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
    public async Task Seed_with_trace_prints_its_events()
    {
        (int code, string[] output) = await SimulationProcess.RunAsync("--seed", "7", "--trace");

        code.ShouldBe(0, string.Join('\n', output));
        output.ShouldContain(line => line.Contains("link opens", StringComparison.Ordinal));
        output.ShouldContain(line => line.Contains("success", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(DefectNames))]
    public void Defect_text_occurs_once_in_its_file(string name)
    {
        Defect defect = DefectList.All.Single(d => d.Name == name);

        string source = File.ReadAllText(Path.Combine(RepositoryRoot.Find(), defect.File));

        source.Split(defect.Find).Length.ShouldBe(2, $"{defect.File} must contain this text exactly once: {defect.Find}");
        defect.Replace.ShouldContain("HERE");
    }

    [Fact]
    public async Task Unknown_option_prints_usage()
    {
        (int code, string[] output) = await SimulationProcess.RunAsync("--sedes", "1..2");

        code.ShouldBe(2);
        output[0].ShouldStartWith("Usage: ");
    }
}
