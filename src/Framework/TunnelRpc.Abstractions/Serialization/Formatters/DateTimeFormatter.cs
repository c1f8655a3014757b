using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="DateTime"/> as the timestamp extension. Local time is converted to UTC, and unspecified time is treated as UTC.
/// Reading returns UTC.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DateTimeFormatter : ITunnelFormatter<DateTime>
{
    /// <summary>The shared instance.</summary>
    public static readonly DateTimeFormatter Instance = new();

    private DateTimeFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, DateTime value) =>
        writer.WriteTimestamp(value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value);

    /// <inheritdoc/>
    public DateTime Read(ref MessagePackReader reader) => reader.ReadTimestamp();
}
