using System.ComponentModel;
using System.Text;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="StringBuilder"/> as a string.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class StringBuilderFormatter : ITunnelFormatter<StringBuilder>
{
    /// <summary>The shared instance.</summary>
    public static readonly StringBuilderFormatter Instance = new();

    private StringBuilderFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, StringBuilder value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(StringBuilder));
        }

        writer.Write(value.ToString());
    }

    /// <inheritdoc/>
    public StringBuilder Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(StringBuilder));
        return new StringBuilder(reader.ReadString());
    }
}
