namespace TunnelRpc.Cli.Tests;

/// <summary>The result of a command.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    // Turns a hang into a failure.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a command line in this process.</summary>
    public static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await CommandLine.RunAsync(arguments, output, error).WaitAsync(Limit);
        return new CommandResult(code, output.ToString(), error.ToString());
    }
}
