using System.Text.Json;
using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>
/// The object that --json prints. Scripts depend on the names of the properties and outcomes, so renaming one is a breaking change
/// (docs/cli.md lists them).
/// </summary>
internal sealed record ProbeJson(
    string? Winner,
    double ElapsedMs,
    int CallsOk,
    int CallbacksOk,
    long BytesUp,
    long BytesDown,
    IReadOnlyList<AttemptJson> Attempts,
    string? Failure)
{
    public static ProbeJson From(ProbeResult result) => new(
        result.Report.Winner?.Transport,
        ToMilliseconds(result.Elapsed),
        result.CallsOk,
        result.CallbacksOk,
        result.BytesUp,
        result.BytesDown,
        [.. result.Report.Attempts.Select(CreateAttempt)],
        result.Failure);

    private static AttemptJson CreateAttempt(PathAttempt attempt) => new(
        attempt.Transport,
        ToCamelCase(attempt.Outcome),
        attempt.HttpStatus,
        ToMilliseconds(attempt.Elapsed),
        attempt.Reason,
        [
            .. attempt.Addresses.Select(a => new AddressJson(
                a.Address.ToString(), ToCamelCase(a.Outcome), ToMilliseconds(a.Elapsed), a.Error)),
        ]);

    private static string ToCamelCase<TEnum>(TEnum outcome)
        where TEnum : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(outcome.ToString());

    private static double ToMilliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
