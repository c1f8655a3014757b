using System.Buffers.Text;
using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Guid"/> as 36 characters of text with hyphens.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class GuidFormatter : ITunnelFormatter<Guid>
{
    /// <summary>The shared instance.</summary>
    public static readonly GuidFormatter Instance = new();

    private GuidFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Guid value)
    {
        Span<byte> text = stackalloc byte[TextLength];
        value.TryFormat(text, out _, "D");
        writer.WriteUtf8(text);
    }

    /// <inheritdoc/>
    public Guid Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> text = reader.ReadUtf8();
        if (text.Length != TextLength || !Utf8Parser.TryParse(text, out Guid value, out int used, 'D') || used != TextLength)
        {
            ReadFailure.ThrowMalformed("a Guid as 36 characters of text with hyphens", start);
            return default;
        }

        return value;
    }

    private const int TextLength = 36;
}
