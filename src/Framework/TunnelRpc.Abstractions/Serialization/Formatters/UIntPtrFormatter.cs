using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an unsigned native integer as an integer. Reading rejects a value that is out of the range of this process.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UIntPtrFormatter : ITunnelFormatter<nuint>
{
    /// <summary>The shared instance.</summary>
    public static readonly UIntPtrFormatter Instance = new();

    private UIntPtrFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, nuint value) => writer.Write((ulong)value);

    /// <inheritdoc/>
    public nuint Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        ulong value = reader.ReadUInt64();
        if (value > nuint.MaxValue)
        {
            ReadFailure.ThrowOutOfRange("a UIntPtr", $"the integer {value}", start);
        }

        return (nuint)value;
    }
}
