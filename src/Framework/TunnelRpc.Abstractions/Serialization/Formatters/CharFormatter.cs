namespace TunnelRpc.Serialization.Formatters;

/// <summary>A UTF-16 code unit as an integer.</summary>
public sealed class CharFormatter : ITunnelFormatter<char>
{
    /// <summary>The one instance.</summary>
    public static readonly CharFormatter Instance = new();

    private CharFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, char value) => writer.Write(value);

    /// <inheritdoc/>
    public char Read(ref MessagePackReader reader) => reader.ReadChar();
}
