namespace TunnelRpc.Simulation.Defects;

/// <summary>Finds the repository's root folder.</summary>
internal static class RepositoryRoot
{
    /// <summary>Returns the folder of the solution, above this program or above the current folder.</summary>
    public static string Find() =>
        FindFrom(AppContext.BaseDirectory)
        ?? FindFrom(Environment.CurrentDirectory)
        ?? throw new InvalidOperationException("Expected TunnelRpc.sln above this program or above the current folder.");

    private static string? FindFrom(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "TunnelRpc.sln")))
            {
                return at.FullName;
            }
        }

        return null;
    }
}
