using System.Globalization;
using System.Net.Http.Headers;

namespace TunnelRpc.Transports.Http;

// Decision: docs/adr/0048-bounded-retry-after.md
/// <summary>Reads the Retry-After field of a response (RFC 9110, 10.2.3). Stateless.</summary>
internal static class RetryAfter
{
    /// <summary>The maximum that is read, about 136 years. A larger value, of any number of digits, is read as this one.</summary>
    public static readonly TimeSpan MaxValue = TimeSpan.FromSeconds(uint.MaxValue);

    /// <summary>
    /// Returns the time to wait from now: a number of seconds, or the time until a date by this machine's clock, zero when the date has
    /// passed. Null when the field is absent or neither.
    /// </summary>
    public static TimeSpan? Read(HttpResponseMessage response, TimeProvider timeProvider)
    {
        if (!response.Headers.TryGetValues("Retry-After", out IEnumerable<string>? values) || values.FirstOrDefault() is not { } first)
        {
            return null;
        }

        string value = first.Trim();
        if (value.Length > 0 && value.All(char.IsAsciiDigit))
        {
            return uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint seconds)
                ? TimeSpan.FromSeconds(seconds)
                : MaxValue;
        }

        if (!RetryConditionHeaderValue.TryParse(value, out RetryConditionHeaderValue? parsed) || parsed.Date is not { } date)
        {
            return null;
        }

        TimeSpan delay = date - timeProvider.GetUtcNow();
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay < MaxValue ? delay : MaxValue;
    }

    /// <summary>Returns the words about the time to wait, to follow a reason without a final full stop; empty when there is none.</summary>
    public static string Describe(TimeSpan? retryAfter)
        => retryAfter is { } time && time > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"; it asks to wait {Math.Ceiling(time.TotalSeconds):0} s (Retry-After)")
            : string.Empty;
}
