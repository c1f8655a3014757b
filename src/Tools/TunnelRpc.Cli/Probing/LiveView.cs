using Spectre.Console;
using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>Shows the attempts in a table that is updated while they run; for a terminal.</summary>
internal sealed class LiveView : IProbeView
{
    private static readonly string[] Columns = ["transport", "outcome", "HTTP", "time", "reason"];

    public async Task<ProbeResult> ShowAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        Table table = new Table().RoundedBorder().Expand();
        table.AddColumns(Columns);
        foreach (string name in run.Transports)
        {
            table.AddRow(new Text(name), new Text("waiting", new Style(Color.Grey)), Text.Empty, Text.Empty, Text.Empty);
        }

        ProbeResult result = await AnsiConsole.Live(table).StartAsync(async live =>
        {
            // Attempts report progress on several threads; the table is not thread-safe.
            var gate = new Lock();
            run.OnProgress = (name, progress) =>
            {
                lock (gate)
                {
                    table.UpdateCell(run.Transports.ToList().IndexOf(name), 1, new Text(progress, new Style(Color.Yellow)));
                    live.Refresh();
                }
            };
            ProbeResult ended = await run.RunAsync(cancellationToken).ConfigureAwait(false);
            lock (gate)
            {
                ShowReport(table, ended.Report);
                live.Refresh();
            }

            return ended;
        }).ConfigureAwait(false);
        foreach (string line in ProbeText.GetSummaryLines(result))
        {
            AnsiConsole.WriteLine(line);
        }

        return result;
    }

    private static void ShowReport(Table table, PathReport report)
    {
        for (int row = 0; row < report.Attempts.Count; row++)
        {
            PathAttempt attempt = report.Attempts[row];
            Color color = attempt.Outcome switch
            {
                AttemptOutcome.Won => Color.Green,
                AttemptOutcome.Failed or AttemptOutcome.TimedOut => Color.Red,
                _ => Color.Grey,
            };
            table.UpdateCell(row, 1, new Text(ProbeText.FormatOutcome(attempt.Outcome), new Style(color)));
            table.UpdateCell(row, 2, new Text(ProbeText.FormatStatus(attempt)));
            string time = attempt.Outcome == AttemptOutcome.NotTried ? "" : ProbeText.FormatMilliseconds(attempt.Elapsed);
            table.UpdateCell(row, 3, new Text(time));
            table.UpdateCell(row, 4, new Text(ProbeText.FormatReason(attempt)));
        }
    }
}
