using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>Writes lines of text after the probe, without control codes; for files, pipes and logs.</summary>
internal sealed class PlainView(TextWriter output) : IProbeView
{
    // The width of the longest outcome.
    private static readonly int OutcomeWidth = Enum.GetValues<AttemptOutcome>().Max(outcome => ProbeText.FormatOutcome(outcome).Length);

    public async Task<ProbeResult> ShowAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ProbeResult result = await run.RunAsync(cancellationToken).ConfigureAwait(false);
        int width = result.Report.Attempts.Max(a => a.Transport.Length);
        foreach (PathAttempt attempt in result.Report.Attempts)
        {
            string[] columns =
            [
                attempt.Transport.PadRight(width),
                ProbeText.FormatOutcome(attempt.Outcome).PadRight(OutcomeWidth),
                ProbeText.FormatStatus(attempt).PadLeft(3),
                ProbeText.FormatMilliseconds(attempt.Elapsed).PadLeft(9),
                ProbeText.FormatReason(attempt),
            ];
            await output.WriteLineAsync(string.Join("  ", columns).TrimEnd()).ConfigureAwait(false);
        }

        foreach (string line in ProbeText.GetSummaryLines(result))
        {
            await output.WriteLineAsync(line).ConfigureAwait(false);
        }

        return result;
    }
}
