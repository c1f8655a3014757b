using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="Range"/> as an array of two integers: start and end, as <see cref="IndexFormatter"/> writes them.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class RangeFormatter : ITunnelFormatter<Range>
{
    /// <summary>The shared instance.</summary>
    public static readonly RangeFormatter Instance = new();

    private RangeFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Range value)
    {
        writer.IncrementDepth();
        writer.WriteArrayHeader(2);
        IndexFormatter.Instance.Write(ref writer, value.Start);
        IndexFormatter.Instance.Write(ref writer, value.End);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public Range Read(ref MessagePackReader reader)
    {
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 2, "a Range");
        Range value = new(IndexFormatter.Instance.Read(ref reader), IndexFormatter.Instance.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
