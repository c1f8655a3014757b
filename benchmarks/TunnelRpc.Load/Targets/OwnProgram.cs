using System.Diagnostics;

namespace TunnelRpc.Load.Targets;

/// <summary>This program in another process.</summary>
internal static class OwnProgram
{
    /// <summary>Starts it, with its input and output redirected.</summary>
    public static Process Start(params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        string[] all = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. arguments] : arguments;
        return Start(program, all);
    }

    /// <summary>Starts a program likewise.</summary>
    public static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })
        ?? throw new InvalidOperationException($"Expected {program} to start, it did not.");
}
