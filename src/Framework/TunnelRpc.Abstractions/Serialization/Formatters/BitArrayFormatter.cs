using System.Collections;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="BitArray"/> as an array of booleans.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class BitArrayFormatter : ITunnelFormatter<BitArray>
{
    /// <summary>The shared instance.</summary>
    public static readonly BitArrayFormatter Instance = new();

    private BitArrayFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, BitArray value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(BitArray));
        }

        writer.IncrementDepth();
        writer.WriteArrayHeader(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            writer.Write(value[i]);
        }

        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public BitArray Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(BitArray));
        reader.IncrementDepth();
        BitArray value = new(reader.ReadArrayHeader());
        for (int i = 0; i < value.Length; i++)
        {
            value[i] = reader.ReadBoolean();
        }

        reader.DecrementDepth();
        return value;
    }
}
