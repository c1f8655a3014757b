using System.CommandLine;
using System.CommandLine.Parsing;
using TunnelRpc.Cli.Probing;
using TunnelRpc.Cli.Serving;

namespace TunnelRpc.Cli;

/// <summary>The commands, and what the program ends with.</summary>
internal static class CommandLine
{
    // How long Ctrl-C and SIGTERM wait for the commands to end in order.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Runs a command line; the result is an <see cref="ExitCode"/>.</summary>
    /// <param name="arguments">What was typed behind the program's name.</param>
    /// <param name="output">For results.</param>
    /// <param name="error">For what went wrong.</param>
    /// <param name="cancellationToken">Ends it in order, beside Ctrl-C and SIGTERM.</param>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("Says whether TunnelRpc gets through to a server, how, and if not, why.")
        {
            ProbeCommand.Create(output, error), ServeCommand.Create(output, error),
        };
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError wrong in parsed.Errors)
            {
                await error.WriteLineAsync(wrong.Message).ConfigureAwait(false);
            }

            await error.WriteLineAsync("See tunnelrpc --help.").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationTimeout };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (UsageException wrong)
        {
            await error.WriteLineAsync(wrong.Message).ConfigureAwait(false);
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Cancelled.").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }
}
