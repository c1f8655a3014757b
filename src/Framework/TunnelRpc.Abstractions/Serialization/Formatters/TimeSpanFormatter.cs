namespace TunnelRpc.Serialization.Formatters;

/// <summary>A duration as ticks of 100 ns.</summary>
public sealed class TimeSpanFormatter : ITunnelFormatter<TimeSpan>
{
    /// <summary>The one instance.</summary>
    public static readonly TimeSpanFormatter Instance = new();

    private TimeSpanFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TimeSpan value) => writer.Write(value.Ticks);

    /// <inheritdoc/>
    public TimeSpan Read(ref MessagePackReader reader) => new(reader.ReadInt64());
}
