using System.Diagnostics;

namespace TunnelRpc.Benchmarks.Tests;

/// <summary>The result of a run of the load program.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">The standard output.</param>
/// <param name="Error">The standard error.</param>
internal sealed record LoadRunResult(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromMinutes(2);

    public static async Task<LoadRunResult> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        try
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(ExitTimeout);
            return new LoadRunResult(process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "TunnelRpc.Load.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
