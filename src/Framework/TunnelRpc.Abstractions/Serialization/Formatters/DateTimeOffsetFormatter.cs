namespace TunnelRpc.Serialization.Formatters;

/// <summary>A time with its offset, as an array of the clock time (timestamp extension) and the offset in minutes.</summary>
public sealed class DateTimeOffsetFormatter : ITunnelFormatter<DateTimeOffset>
{
    /// <summary>The one instance.</summary>
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

        // The rules of the constructor: at most 14 hours, and UTC within the years 1 to 9999.
        long utcTicks = clock.Ticks - (minutes * TimeSpan.TicksPerMinute);
        if (minutes is < -MaxOffsetMinutes or > MaxOffsetMinutes || utcTicks < DateTime.MinValue.Ticks || utcTicks > DateTime.MaxValue.Ticks)
        {
            ReadFailure.ThrowOutOfRange("a DateTimeOffset within 14 hours of UTC and the years 1 to 9999", $"{clock:s} with an offset of {minutes} minutes", start);
        }

        return new DateTimeOffset(clock, TimeSpan.FromMinutes(minutes));
    }

    private const int MaxOffsetMinutes = 14 * 60;
}
