namespace TunnelRpc.Serialization.Formatters;

/// <summary>A point in time as the timestamp extension. Local time is turned into UTC, unspecified is taken for UTC; what is read is UTC.</summary>
public sealed class DateTimeFormatter : ITunnelFormatter<DateTime>
{
    /// <summary>The one instance.</summary>
    public static readonly DateTimeFormatter Instance = new();

    private DateTimeFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, DateTime value) => writer.WriteTimestamp(value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value);

    /// <inheritdoc/>
    public DateTime Read(ref MessagePackReader reader) => reader.ReadTimestamp();
}
