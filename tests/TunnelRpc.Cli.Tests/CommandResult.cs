namespace TunnelRpc.Cli.Tests;

/// <summary>What a run of the command line came to.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    // Never reached when all is well; a hang becomes a failure.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs it in this process.</summary>
    public static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await CommandLine.RunAsync(arguments, output, error).WaitAsync(Limit);
        return new CommandResult(code, output.ToString(), error.ToString());
    }
}
