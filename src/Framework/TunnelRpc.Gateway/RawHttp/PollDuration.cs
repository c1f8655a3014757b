using System.Buffers;
using System.Globalization;

namespace TunnelRpc.Gateway.RawHttp;

/// <summary>Durations as X-Timeout has them: numbers with the units h, m, s and ms, as in "1m0s" and "1.5s". Stateless.</summary>
internal static class PollDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private const int MaxLength = 32;
    private const double MaxSeconds = 24 * 60 * 60;

    /// <summary>Parses a duration. Returns null when the text is none, or longer than a day.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        double seconds = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            {
                return null;
            }

            rest = rest[digits..];
            (double unit, int length) = rest switch
            {
                ['m', 's', ..] => (0.001, 2),
                ['h', ..] => (3600, 1),
                ['m', ..] => (60, 1),
                ['s', ..] => (1, 1),
                _ => (0.0, 0),
            };
            if (length == 0)
            {
                return null;
            }

            seconds += value * unit;
            rest = rest[length..];
        }

        return seconds <= MaxSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}
