using System.Globalization;
using TunnelRpc.Client;

namespace TunnelRpc.Cli.Probing;

/// <summary>A probe's result in words. Without state.</summary>
internal static class ProbeText
{
    /// <summary>A sentence or some on the whole, each a line.</summary>
    public static IEnumerable<string> GetSummaryLines(ProbeResult result)
    {
        PathReport report = result.Report;
        string through = report.Proxy is null ? "" : $" through the proxy {report.Proxy.Scheme}://{report.Proxy.Authority}";
        if (report.Winner is not { } winner)
        {
            yield return $"No path to {report.Address}{through} in {FormatMilliseconds(report.Elapsed)}.";
            yield break;
        }

        yield return result.IsOk
            ? $"{winner.Transport} carries calls both ways to {report.Address}{through}: first answer after {FormatMilliseconds(result.Elapsed)}."
            : $"{winner.Transport} reached {report.Address}{through}, but does not carry all calls both ways.";
        if (result.MedianCallTime is { } call)
        {
            yield return $"Calls: {result.CallsOk} of {result.Calls} answered, {FormatMilliseconds(call)} each (median).";
        }

        if (result.MedianCallbackTime is { } callback)
        {
            yield return $"Calls back: {result.CallbacksOk} of {result.Calls} answered, {FormatMilliseconds(callback)} each with the call that asks for it (median).";
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"Bytes: {result.BytesUp:N0} up, {result.BytesDown:N0} down.");
        if (result.Failure is { } failure)
        {
            yield return failure;
        }
    }

    /// <summary>What a reader of the table sees of an outcome.</summary>
    public static string FormatOutcome(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.NotTried => "not tried",
        AttemptOutcome.TimedOut => "timed out",
        _ => outcome.ToString().ToLowerInvariant(),
    };

    public static string FormatStatus(PathAttempt attempt) => attempt.HttpStatus is int status ? status.ToString(CultureInfo.InvariantCulture) : "";

    public static string FormatMilliseconds(TimeSpan time) => time.TotalMilliseconds.ToString(time.TotalMilliseconds < 10 ? "0.00" : "0", CultureInfo.InvariantCulture) + " ms";
}
