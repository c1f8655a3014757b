using System.Diagnostics;

namespace TunnelRpc.Load.Targets;

/// <summary>This program in another process.</summary>
internal static class OwnProgram
{
    /// <summary>Starts it, with its input and output redirected.</summary>
    /// <param name="published">The program, where it is another build of this one; null for this one.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Process Start(string? published, params string[] arguments)
    {
        string program = published ?? Environment.ProcessPath!;
        string[] all = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments;
        return Process.Start(new ProcessStartInfo(program, all) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"Expected {program} to start, it did not.");
    }
}
