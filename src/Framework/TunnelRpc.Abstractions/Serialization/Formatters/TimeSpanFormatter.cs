using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="TimeSpan"/> as the number of ticks (100 ns).</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TimeSpanFormatter : ITunnelFormatter<TimeSpan>
{
    /// <summary>The shared instance.</summary>
    public static readonly TimeSpanFormatter Instance = new();

    private TimeSpanFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TimeSpan value) => writer.Write(value.Ticks);

    /// <inheritdoc/>
    public TimeSpan Read(ref MessagePackReader reader) => new(reader.ReadInt64());
}
