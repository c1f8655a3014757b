using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>Lines of text, at the end: for files, pipes and logs. No control codes.</summary>
internal sealed class PlainView(TextWriter output) : IProbeView
{
    public async Task<ProbeResult> ShowAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ProbeResult result = await run.RunAsync(cancellationToken).ConfigureAwait(false);
        int width = result.Report.Attempts.Max(a => a.Transport.Length);
        foreach (PathAttempt attempt in result.Report.Attempts)
        {
            string line = $"{attempt.Transport.PadRight(width)}  {ProbeText.FormatOutcome(attempt.Outcome),-9}  {ProbeText.FormatStatus(attempt),3}  {ProbeText.FormatMilliseconds(attempt.Elapsed),9}  {attempt.Reason}";
            await output.WriteLineAsync(line.TrimEnd()).ConfigureAwait(false);
        }

        foreach (string line in ProbeText.GetSummaryLines(result))
        {
            await output.WriteLineAsync(line).ConfigureAwait(false);
        }

        return result;
    }
}
