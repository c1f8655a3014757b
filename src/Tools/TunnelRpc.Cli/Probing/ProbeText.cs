using System.Globalization;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>Formats the result of a probe as text. Without state.</summary>
internal static class ProbeText
{
    private const int MaxReasonLength = 8_192;

    /// <summary>Returns the summary, one sentence in each line.</summary>
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
            ? $"{winner.Transport} carries calls in both directions to {report.Address}{through}: "
                + $"first reply after {FormatMilliseconds(result.Elapsed)}."
            : $"{winner.Transport} connected to {report.Address}{through}, but not all calls succeeded in both directions.";
        if (result.MedianCallTime is { } call)
        {
            yield return $"Calls: {result.CallsOk} of {result.Calls} completed, {FormatMilliseconds(call)} each (median).";
        }

        if (result.MedianCallbackTime is { } callback)
        {
            yield return $"Callbacks: {result.CallbacksOk} of {result.Calls} completed, {FormatMilliseconds(callback)} each, "
                + "including the call that requests it (median).";
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"Bytes: {result.BytesUp:N0} up, {result.BytesDown:N0} down.");
        if (result.Failure is { } failure)
        {
            yield return ForeignText.Escape(failure, MaxReasonLength);
        }
    }

    /// <summary>Returns an outcome as the table shows it.</summary>
    public static string FormatOutcome(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.NotTried => "not tried",
        AttemptOutcome.TimedOut => "timed out",
        _ => outcome.ToString().ToLowerInvariant(),
    };

    /// <summary>Returns the HTTP status that refused the attempt; an empty string when there is none.</summary>
    public static string FormatStatus(PathAttempt attempt) =>
        attempt.HttpStatus is int status ? status.ToString(CultureInfo.InvariantCulture) : "";

    /// <summary>
    /// Returns the reason of an attempt, and the addresses that it tried if there were several: the first ones may have cost the time. The
    /// reason has the addresses itself if none of them connected. It may quote the server or an intermediary, without control characters.
    /// </summary>
    public static string FormatReason(PathAttempt attempt)
    {
        string reason = ForeignText.Escape(attempt.Reason, MaxReasonLength);
        if (attempt.Addresses.Count < 2 || attempt.Addresses.All(a => a.Outcome != AddressOutcome.Connected))
        {
            return reason;
        }

        string addresses = string.Join(", ", attempt.Addresses);
        return reason.Length == 0 ? addresses : $"{reason} ({addresses})";
    }

    /// <summary>Returns milliseconds, below 10 ms with two decimals.</summary>
    public static string FormatMilliseconds(TimeSpan time)
    {
        string format = time.TotalMilliseconds < 10 ? "0.00" : "0";
        return time.TotalMilliseconds.ToString(format, CultureInfo.InvariantCulture) + " ms";
    }
}
