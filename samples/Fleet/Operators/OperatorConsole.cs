using System.Globalization;
using System.Security.Cryptography;
using Fleet.Contracts;
using Spectre.Console;

namespace Fleet.Operators;

/// <summary>The operator's commands and their output. Text from agents is printed as text, never interpreted as markup.</summary>
internal sealed class OperatorConsole(IOperator fleet, IAnsiConsole console)
{
    public async Task ListAsync(CancellationToken cancellationToken)
    {
        var table = new Table().RoundedBorder().AddColumns("agent", "groups", "commands", "transport", "from", "since");
        foreach (AgentInfo agent in await fleet.ListAsync(cancellationToken))
        {
            table.AddRow(
                new Text(agent.Name, Color.Aqua),
                new Text(string.Join(", ", agent.Groups)),
                new Text(string.Join(", ", agent.Commands)),
                new Text(agent.Transport, Color.Green),
                new Text(agent.Address ?? "unknown"),
                new Text(agent.ConnectedSince.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)));
        }

        console.Write(table);
    }

    /// <summary>Runs a command and returns its exit code.</summary>
    public async Task<int> RunAsync(string agent, string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        int? code = null;
        await foreach (CommandOutput output in fleet.RunAsync(agent, command, arguments, cancellationToken))
        {
            switch (output)
            {
                case OutputLine line:
                    WriteLine(line.IsError ? $"! {line.Text}" : line.Text);
                    break;
                case CommandExit exit:
                    code = exit.Code;
                    break;
            }
        }

        return code ?? throw new InvalidOperationException($"{agent} sent no exit code: the output ended early.");
    }

    /// <summary>
    /// Shows a log as it grows, until the token is cancelled or <paramref name="shouldContinue"/> returns false after a line.
    /// </summary>
    public async Task TailAsync(
        string agent, string log, int lines, Func<ValueTask<bool>> shouldContinue, CancellationToken cancellationToken)
    {
        await foreach (string line in fleet.TailAsync(agent, log, lines, cancellationToken))
        {
            WriteLine(line);
            if (!await shouldContinue())
            {
                return;
            }
        }
    }

    /// <summary>Uploads a file with a progress bar and compares its hash with the hash of the stored file.</summary>
    public async Task<StoredFile> UploadAsync(string agent, string path, CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(path);
        string sent = Convert.ToHexString(await SHA256.HashDataAsync(file, cancellationToken));
        file.Position = 0;
        StoredFile stored = await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn())
            .StartAsync(async bars =>
            {
                ProgressTask bar = bars.AddTask(Markup.Escape(Path.GetFileName(path)), maxValue: Math.Max(1, file.Length));
                StoredFile answer = await fleet.UploadAsync(agent, Path.GetFileName(path), file, new BarProgress(bar), cancellationToken);
                bar.Value = bar.MaxValue;
                return answer;
            });
        if (stored.Sha256 != sent)
        {
            throw new InvalidDataException($"Expected {agent} to store SHA-256 {sent}, got {stored.Sha256}. Upload the file again.");
        }

        console.Write(new Text($"{agent} stored {stored.Length:N0} bytes, SHA-256 {stored.Sha256[..16].ToLowerInvariant()}…\n"));
        return stored;
    }

    public async Task<IReadOnlyList<Delivery>> BroadcastAsync(string? group, string text, CancellationToken cancellationToken)
    {
        IReadOnlyList<Delivery> deliveries = await fleet.BroadcastAsync(group, text, cancellationToken);
        foreach (Delivery delivery in deliveries)
        {
            console.Write(
                new Text($"{delivery.Agent}: {delivery.Error ?? "delivered"}\n", delivery.Error is null ? Color.Green : Color.Red));
        }

        return deliveries;
    }

    /// <summary>Prints one line unwrapped. Control characters are removed, so an agent's output cannot control the terminal.</summary>
    private void WriteLine(string line) =>
        console.Profile.Out.Writer.WriteLine(string.Create(line.Length, line, static (shown, text) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                shown[i] = char.IsControl(text[i]) && text[i] != '\t' ? '\uFFFD' : text[i];
            }
        }));
}
