using System.Diagnostics;

namespace TunnelRpc.Load.Targets;

/// <summary>This program in another process.</summary>
internal static class OwnProgram
{
    /// <summary>Starts the program with redirected input and output.</summary>
    /// <param name="published">The path of another build of this program; null for this build.</param>
    /// <param name="arguments">The arguments of the program.</param>
    public static Process Start(string? published, params string[] arguments)
    {
        string program = published ?? Environment.ProcessPath!;
        string[] all = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [Environment.GetCommandLineArgs()[0], .. arguments]
            : arguments;
        return Process.Start(new ProcessStartInfo(program, all) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"Expected {program} to start, got no process.");
    }
}
