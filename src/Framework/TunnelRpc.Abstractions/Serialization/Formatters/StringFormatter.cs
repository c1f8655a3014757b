using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a string that is not null.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class StringFormatter : ITunnelFormatter<string>
{
    /// <summary>The shared instance.</summary>
    public static readonly StringFormatter Instance = new();

    private StringFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, string value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(string));
        }

        writer.WriteString(value);
    }

    /// <inheritdoc/>
    public string Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(string));
        return reader.ReadString();
    }
}
