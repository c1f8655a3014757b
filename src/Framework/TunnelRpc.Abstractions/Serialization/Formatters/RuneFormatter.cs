using System.ComponentModel;
using System.Text;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Rune"/> as an integer: its Unicode scalar value.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class RuneFormatter : ITunnelFormatter<Rune>
{
    /// <summary>The shared instance.</summary>
    public static readonly RuneFormatter Instance = new();

    private RuneFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Rune value) => writer.Write(value.Value);

    /// <inheritdoc/>
    public Rune Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        int value = reader.ReadInt32();
        if (!Rune.IsValid(value))
        {
            ReadFailure.ThrowOutOfRange("a Rune (a Unicode scalar value)", $"the integer {value}", start);
        }

        return new Rune(value);
    }
}
