using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="Version"/> as text: <c>1.2.3.4</c>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class VersionFormatter : ITunnelFormatter<Version>
{
    /// <summary>The shared instance.</summary>
    public static readonly VersionFormatter Instance = new();

    private VersionFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Version value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(Version));
        }

        Span<byte> text = stackalloc byte[MessagePackLimits.MaxNumberTextBytes];
        value.TryFormat(text, out int length);
        writer.WriteUtf8(text[..length]);
    }

    /// <inheritdoc/>
    public Version Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(Version));
        int start = reader.Position;
        ReadOnlySpan<byte> text = NumberText.Read(ref reader, Expected);
        if (!Version.TryParse(text, out Version? value))
        {
            ReadFailure.ThrowMalformed(Expected, start);
        }

        return value!;
    }

    private const string Expected = "a Version as text of two to four numbers";
}
