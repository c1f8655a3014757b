using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="DateOnly"/> as its day number: the days since 0001-01-01.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DateOnlyFormatter : ITunnelFormatter<DateOnly>
{
    /// <summary>The shared instance.</summary>
    public static readonly DateOnlyFormatter Instance = new();

    private DateOnlyFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, DateOnly value) => writer.Write(value.DayNumber);

    /// <inheritdoc/>
    public DateOnly Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        int day = reader.ReadInt32();
        if (day < 0 || day > DateOnly.MaxValue.DayNumber)
        {
            ReadFailure.ThrowOutOfRange("a DateOnly as its day number (0 to 3652058)", $"the integer {day}", start);
        }

        return DateOnly.FromDayNumber(day);
    }
}
