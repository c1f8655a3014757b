using TunnelRpc.Simulation.Commands;

namespace TunnelRpc.Simulation.Defects;

/// <summary>
/// A copy of the sources that has every bug, each behind a switch, and is built once. The product itself has no such switch. Disposal
/// removes it.
/// </summary>
internal sealed class DefectBuild : IDisposable
{
    /// <summary>Says which bug is switched on.</summary>
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
        ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", Path.Combine("tests", "Directory.Build.props")];

    private readonly string _folder = Directory.CreateTempSubdirectory("tunnelrpc-defects-").FullName;

    private DefectBuild()
    {
    }

    /// <summary>The built program.</summary>
    public string Program => Path.Combine(_folder, "tests", "TunnelRpc.Simulation", "bin", "Release", "net10.0", "TunnelRpc.Simulation.dll");

    /// <exception cref="InvalidOperationException">A bug has lost its place in the sources, or the copy does not build.</exception>
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

            await File.WriteAllTextAsync(Path.Combine(build._folder, "src", "Framework", "TunnelRpc", "SeededDefect.cs"), Switch).ConfigureAwait(false);
            await build.CompileAsync().ConfigureAwait(false);
            return build;
        }
        catch
        {
            build.Dispose();
            throw;
        }
    }

    /// <summary>Why a bug cannot be put into the sources; null when it can.</summary>
    public static string? FindProblem(string root, Defect defect)
    {
        string path = Path.Combine(root, defect.File);
        if (!File.Exists(path))
        {
            return $"The bug {defect.Name} is to go into {defect.File}, which there is not.";
        }

        int places = File.ReadAllText(path).Split(defect.Find).Length - 1;
        return places == 1 ? null : $"The bug {defect.Name} looks for a text that {defect.File} has {places} times instead of once: {defect.Find}";
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Patch(string root, Defect defect)
    {
        if (FindProblem(root, defect) is { } fault)
        {
            throw new InvalidOperationException(fault);
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
        string[] args = ["build", project, "-c", "Release", "--nologo", "-v", "q", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:EnforceCodeStyleInBuild=false"];
        if (await ChildProcess.RunAsync(ChildProcess.DotNet(args), output.Add).ConfigureAwait(false) != 0)
        {
            throw new InvalidOperationException(string.Join(Environment.NewLine, ["The copy with the bugs does not build:", .. output.Where(l => l.Contains("error", StringComparison.Ordinal)).Distinct()]));
        }
    }
}
