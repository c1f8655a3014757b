using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TunnelRpc.Load.Paths;

/// <summary>The network path between client and server that a relay imitates.</summary>
/// <param name="RoundTrip">The round-trip time; each direction delays by half of it.</param>
/// <param name="BytesPerSecond">The rate of each direction; 0 for no limit.</param>
/// <param name="InFlightBytes">The bytes of one connection and direction that are on the way at most, as a TCP window.</param>
internal sealed record PathSettings(TimeSpan RoundTrip, long BytesPerSecond, int InFlightBytes)
{
    /// <summary>What a good TCP connection has in flight: 8 MiB.</summary>
    private const int DefaultInFlightBytes = 8 << 20;

    /// <summary>The form of the text that <see cref="TryParse"/> takes.</summary>
    public const string Form = "rtt=50ms[,rate=100mbit][,inflight=8mb]";

    /// <summary>Parses a text of the form <see cref="Form"/>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PathSettings? settings)
    {
        settings = new PathSettings(TimeSpan.Zero, 0, DefaultInFlightBytes);
        foreach (string part in text.Split(','))
        {
            settings = part.Split('=') switch
            {
                ["rtt", var value] when TryParseNumber(value, "ms", out double milliseconds) =>
                    settings with { RoundTrip = TimeSpan.FromMilliseconds(milliseconds) },
                ["rate", var value] when TryParseNumber(value, "mbit", out double megabits) =>
                    settings with { BytesPerSecond = (long)(megabits * 1_000_000 / 8) },
                ["inflight", var value] when TryParseNumber(value, "mb", out double megabytes) && megabytes <= 1024 =>
                    settings with { InFlightBytes = (int)(megabytes * (1 << 20)) },
                _ => null,
            };
            if (settings is null)
            {
                return false;
            }
        }

        return settings.RoundTrip > TimeSpan.Zero;
    }

    /// <summary>The arguments of a relay process that imitates this path, without the ports.</summary>
    public string[] ToArguments() =>
    [
        RoundTrip.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
        BytesPerSecond.ToString(CultureInfo.InvariantCulture),
        InFlightBytes.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Parses <see cref="ToArguments"/>.</summary>
    public static PathSettings FromArguments(string roundTrip, string bytesPerSecond, string inFlightBytes) => new(
        TimeSpan.FromMilliseconds(double.Parse(roundTrip, CultureInfo.InvariantCulture)),
        long.Parse(bytesPerSecond, CultureInfo.InvariantCulture),
        int.Parse(inFlightBytes, CultureInfo.InvariantCulture));

    private static bool TryParseNumber(string text, string unit, out double value)
    {
        value = 0;
        return text.EndsWith(unit, StringComparison.Ordinal)
            && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value)
            && value > 0;
    }
}
