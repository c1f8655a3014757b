using TunnelRpc.Simulation.Commands;

namespace TunnelRpc.Simulation.Defects;

/// <summary>
/// A copy of the sources with all defects, each of which a switch enables. It is built once. The product itself has no such switches.
/// Disposal deletes the copy.
/// </summary>
internal sealed class DefectBuild : IDisposable
{
    /// <summary>The environment variable with the name of the enabled defect; empty or absent for none.</summary>
    public const string Variable = "TUNNELRPC_SIMULATION_DEFECT";

    private const string Switch = """
        namespace TunnelRpc;

        internal static class SeededDefect
        {
            private static readonly string? Name = System.Environment.GetEnvironmentVariable("TUNNELRPC_SIMULATION_DEFECT");

            public static bool Is(string name) => Name == name;
        }
        """;

    private static readonly string[] CopiedFolders = ["src", Path.Combine("tests", "TunnelRpc.Simulation")];

    private static readonly string[] CopiedFiles =
    [
        "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", Path.Combine("tests", "Directory.Build.props"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("tunnelrpc-defects-").FullName;

    private DefectBuild()
    {
    }

    /// <summary>The path of the built program.</summary>
    public string Program =>
        Path.Combine(_folder, "tests", "TunnelRpc.Simulation", "bin", "Release", "net10.0", "TunnelRpc.Simulation.dll");

    /// <exception cref="InvalidOperationException">
    /// The text of a defect does not occur exactly once in its file, or the copy does not build.
    /// </exception>
    public static async Task<DefectBuild> BuildAsync()
    {
        var build = new DefectBuild();
        try
        {
            build.Copy();
            foreach (Defect defect in DefectList.All)
            {
                Patch(build._folder, defect);
            }

            string switchPath = Path.Combine(build._folder, "src", "Framework", "TunnelRpc", "SeededDefect.cs");
            await File.WriteAllTextAsync(switchPath, Switch).ConfigureAwait(false);
            await build.CompileAsync().ConfigureAwait(false);
            return build;
        }
        catch
        {
            build.Dispose();
            throw;
        }
    }

    /// <summary>Returns why a defect cannot be inserted into the sources; null if it can.</summary>
    public static string? FindProblem(string root, Defect defect)
    {
        string path = Path.Combine(root, defect.File);
        if (!File.Exists(path))
        {
            return $"The file {defect.File} of the defect {defect.Name} does not exist.";
        }

        int places = File.ReadAllText(path).Split(defect.Find).Length - 1;
        return places == 1
            ? null
            : $"Expected the text of the defect {defect.Name} once in {defect.File}, found it {places} times: {defect.Find}";
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Patch(string root, Defect defect)
    {
        if (FindProblem(root, defect) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }

        string path = Path.Combine(root, defect.File);
        string replace = defect.Replace.Replace("HERE", $"global::TunnelRpc.SeededDefect.Is(\"{defect.Name}\")", StringComparison.Ordinal);
        File.WriteAllText(path, File.ReadAllText(path).Replace(defect.Find, replace, StringComparison.Ordinal));
    }

    private void Copy()
    {
        string root = RepositoryRoot.Find();
        IEnumerable<string> files = CopiedFolders
            .SelectMany(part => Directory.EnumerateFiles(Path.Combine(root, part), "*", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(root, file))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(name => name is "bin" or "obj"))
            .Concat(CopiedFiles);
        foreach (string file in files)
        {
            string target = Path.Combine(_folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(root, file), target);
        }
    }

    private async Task CompileAsync()
    {
        var output = new List<string>();
        string project = Path.Combine(_folder, "tests", "TunnelRpc.Simulation");
        string[] args =
        [
            "build", project, "-c", "Release", "--nologo", "-v", "q",
            "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:EnforceCodeStyleInBuild=false",
        ];
        if (await ChildProcess.RunAsync(ChildProcess.DotNet(args), output.Add).ConfigureAwait(false) != 0)
        {
            IEnumerable<string> errors = output.Where(l => l.Contains("error", StringComparison.Ordinal)).Distinct();
            throw new InvalidOperationException(string.Join(Environment.NewLine, ["The copy with the defects does not build:", .. errors]));
        }
    }
}
