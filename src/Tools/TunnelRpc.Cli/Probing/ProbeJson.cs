using System.Text.Json;
using TunnelRpc.Client.Negotiation;

namespace TunnelRpc.Cli.Probing;

/// <summary>What --json prints. The names are the interface of scripts: none is changed.</summary>
internal sealed record ProbeJson(
    string? Winner, double ElapsedMs, int CallsOk, int CallbacksOk, long BytesUp, long BytesDown, IReadOnlyList<AttemptJson> Attempts, string? Failure)
{
    public static ProbeJson From(ProbeResult result) => new(
        result.Report.Winner?.Transport,
        Milliseconds(result.Elapsed),
        result.CallsOk,
        result.CallbacksOk,
        result.BytesUp,
        result.BytesDown,
        [.. result.Report.Attempts.Select(a => new AttemptJson(a.Transport, Word(a.Outcome), a.HttpStatus, Milliseconds(a.Elapsed), a.Reason))],
        result.Failure);

    private static string Word(AttemptOutcome outcome) => JsonNamingPolicy.CamelCase.ConvertName(outcome.ToString());

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
