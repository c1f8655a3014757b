using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="DateTimeOffset"/> as an array of two elements: the clock time (timestamp extension) and the offset in minutes.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DateTimeOffsetFormatter : ITunnelFormatter<DateTimeOffset>
{
    /// <summary>The shared instance.</summary>
    public static readonly DateTimeOffsetFormatter Instance = new();

    private DateTimeOffsetFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, DateTimeOffset value)
    {
        writer.WriteArrayHeader(2);
        writer.WriteTimestamp(value.DateTime);
        writer.Write((short)value.Offset.TotalMinutes);
    }

    /// <inheritdoc/>
    public DateTimeOffset Read(ref MessagePackReader reader)
    {
        const string Expected = "a DateTimeOffset";
        ElementCount.ReadExact(ref reader, 2, Expected);
        int start = reader.Position;
        DateTime clock = DateTime.SpecifyKind(reader.ReadTimestamp(), DateTimeKind.Unspecified);
        short minutes = reader.ReadInt16();

        // The constructor requires an offset of at most 14 hours and a UTC time within the years 1 to 9999.
        long utcTicks = clock.Ticks - (minutes * TimeSpan.TicksPerMinute);
        if (minutes is < -MaxOffsetMinutes or > MaxOffsetMinutes
            || utcTicks < DateTime.MinValue.Ticks
            || utcTicks > DateTime.MaxValue.Ticks)
        {
            ReadFailure.ThrowOutOfRange(
                "a DateTimeOffset within 14 hours of UTC and the years 1 to 9999", $"{clock:s} with an offset of {minutes} minutes", start);
        }

        return new DateTimeOffset(clock, TimeSpan.FromMinutes(minutes));
    }

    private const int MaxOffsetMinutes = 14 * 60;
}
