using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="Index"/> as an integer: the position from the start, or -1 minus the position from the end (<c>^2</c> is -3).
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class IndexFormatter : ITunnelFormatter<Index>
{
    /// <summary>The shared instance.</summary>
    public static readonly IndexFormatter Instance = new();

    private IndexFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Index value) =>
        writer.Write(value.IsFromEnd ? ~value.Value : value.Value);

    /// <inheritdoc/>
    public Index Read(ref MessagePackReader reader)
    {
        int value = reader.ReadInt32();
        return value < 0 ? Index.FromEnd(~value) : Index.FromStart(value);
    }
}
