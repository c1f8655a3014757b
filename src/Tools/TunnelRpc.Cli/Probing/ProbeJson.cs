using System.Text.Json;
using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>What --json prints. The names are the interface of scripts: none is changed.</summary>
internal sealed record ProbeJson(
    string? Winner, double ElapsedMs, int CallsOk, int CallbacksOk, long BytesUp, long BytesDown, IReadOnlyList<AttemptJson> Attempts, string? Failure)
{
    public static ProbeJson From(ProbeResult result) => new(
        result.Report.Winner?.Transport,
        ToMilliseconds(result.Elapsed),
        result.CallsOk,
        result.CallbacksOk,
        result.BytesUp,
        result.BytesDown,
        [.. result.Report.Attempts.Select(a => new AttemptJson(a.Transport, ToCamelCase(a.Outcome), a.HttpStatus, ToMilliseconds(a.Elapsed), a.Reason))],
        result.Failure);

    private static string ToCamelCase(AttemptOutcome outcome) => JsonNamingPolicy.CamelCase.ConvertName(outcome.ToString());

    private static double ToMilliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
