using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Fleet.Contracts;

namespace Fleet.Agents;

/// <summary>Runs a program and streams its output.</summary>
internal static class CommandRun
{
    /// <summary>
    /// Lines that are buffered before the operator reads them. When the buffer is full, the program blocks on its output pipe.
    /// </summary>
    private const int MaxBufferedLines = 64;

    public static async IAsyncEnumerable<CommandOutput> StartAsync(
        AllowedCommand command, IReadOnlyList<string> arguments, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using Process process = Start(command, arguments);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<CommandOutput> lines = Channel.CreateBounded<CommandOutput>(MaxBufferedLines);
        Task reading = ReadAllAsync(process, lines.Writer, stop.Token);
        try
        {
            await foreach (CommandOutput line in lines.Reader.ReadAllAsync(cancellationToken))
            {
                yield return line;
            }

            await process.WaitForExitAsync(cancellationToken);
            yield return new CommandExit(process.ExitCode);
        }
        finally
        {
            // An operator that disconnects must not leave a program running.
            await stop.CancelAsync();
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }

            await reading;
        }
    }

    private static Process Start(AllowedCommand command, IReadOnlyList<string> arguments) => Process.Start(
        new ProcessStartInfo(command.Program, [.. command.Arguments, .. arguments])
        {
            RedirectStandardInput = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;

    /// <summary>Never throws: an error completes the channel of lines with that error.</summary>
    private static async Task ReadAllAsync(Process process, ChannelWriter<CommandOutput> lines, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(
                ReadAsync(process.StandardOutput, isError: false, lines, cancellationToken),
                ReadAsync(process.StandardError, isError: true, lines, cancellationToken));
            lines.Complete();
        }
        catch (Exception error)
        {
            lines.Complete(error);
        }
    }

    private static async Task ReadAsync(
        StreamReader output, bool isError, ChannelWriter<CommandOutput> lines, CancellationToken cancellationToken)
    {
        while (await output.ReadLineAsync(cancellationToken) is { } line)
        {
            await lines.WriteAsync(new OutputLine(line, isError), cancellationToken);
        }
    }
}
