using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="char"/> (a UTF-16 code unit) as an integer.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class CharFormatter : ITunnelFormatter<char>
{
    /// <summary>The shared instance.</summary>
    public static readonly CharFormatter Instance = new();

    private CharFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, char value) => writer.Write(value);

    /// <inheritdoc/>
    public char Read(ref MessagePackReader reader) => reader.ReadChar();
}
