using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a native integer as an integer. Reading rejects a value that is out of the range of this process.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class IntPtrFormatter : ITunnelFormatter<nint>
{
    /// <summary>The shared instance.</summary>
    public static readonly IntPtrFormatter Instance = new();

    private IntPtrFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, nint value) => writer.Write((long)value);

    /// <inheritdoc/>
    public nint Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        long value = reader.ReadInt64();
        if (value < nint.MinValue || value > nint.MaxValue)
        {
            ReadFailure.ThrowOutOfRange("an IntPtr", value, false, start);
        }

        return (nint)value;
    }
}
