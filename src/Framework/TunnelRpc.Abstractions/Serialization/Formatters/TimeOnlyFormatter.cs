using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="TimeOnly"/> as the number of ticks (100 ns) since midnight.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TimeOnlyFormatter : ITunnelFormatter<TimeOnly>
{
    /// <summary>The shared instance.</summary>
    public static readonly TimeOnlyFormatter Instance = new();

    private TimeOnlyFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TimeOnly value) => writer.Write(value.Ticks);

    /// <inheritdoc/>
    public TimeOnly Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        long ticks = reader.ReadInt64();
        if (ticks is < 0 or >= TimeSpan.TicksPerDay)
        {
            ReadFailure.ThrowOutOfRange("a TimeOnly as ticks of a day (0 to 863999999999)", $"the integer {ticks}", start);
        }

        return new TimeOnly(ticks);
    }
}
