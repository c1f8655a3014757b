using System.CommandLine;
using System.CommandLine.Parsing;
using TunnelRpc.Cli.Contracts;
using TunnelRpc.Cli.Exposing;
using TunnelRpc.Cli.Probing;
using TunnelRpc.Cli.Serving;

namespace TunnelRpc.Cli;

/// <summary>Parses the command line and runs the command. Without state.</summary>
internal static class CommandLine
{
    // The time that a command has to stop after Ctrl-C or SIGTERM.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Runs a command line; returns an <see cref="ExitCode"/>.</summary>
    /// <param name="arguments">The arguments after the program's name.</param>
    /// <param name="output">Receives the results.</param>
    /// <param name="error">Receives errors and warnings.</param>
    /// <param name="cancellationToken">Stops the command in order, as Ctrl-C and SIGTERM do.</param>
    public static async Task<int> RunAsync(
        string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand(
            "Tests whether TunnelRpc can connect to a server, and if not, why. Lets a gateway reach a local web server. Locks, compares "
            + "and exports contracts.")
        {
            ProbeCommand.Create(output, error),
            ServeCommand.Create(output, error),
            ExposeCommand.Create(output, error),
            ContractCommand.Create(output),
        };
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError parseError in parsed.Errors)
            {
                await error.WriteLineAsync(parseError.Message).ConfigureAwait(false);
            }

            await error.WriteLineAsync("See tunnelrpc --help.").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TerminationTimeout,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (UsageException invalid)
        {
            await error.WriteLineAsync(invalid.Message).ConfigureAwait(false);
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Cancelled.").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }
}
