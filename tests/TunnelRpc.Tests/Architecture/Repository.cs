namespace TunnelRpc.Tests.Architecture;

/// <summary>The location of the sources.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The files of src with this extension, without the projects that the templates contain.</summary>
    public static IEnumerable<string> Sources(string extension) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*" + extension, SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "content"))
            .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "TunnelRpc.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"Expected TunnelRpc.sln above {AppContext.BaseDirectory}, found none.");
    }
}
