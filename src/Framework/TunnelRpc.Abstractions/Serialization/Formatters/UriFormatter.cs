using System.ComponentModel;
using System.Text;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="Uri"/>, absolute or relative, as its original text of at most <see cref="MessagePackLimits.MaxUriBytes"/> bytes.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class UriFormatter : ITunnelFormatter<Uri>
{
    /// <summary>The shared instance.</summary>
    public static readonly UriFormatter Instance = new();

    private UriFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, Uri value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(Uri));
        }

        string text = value.OriginalString;
        int length = Encoding.UTF8.GetByteCount(text);
        if (length > MessagePackLimits.MaxUriBytes)
        {
            WriteFailure.ThrowTooLong("a Uri", MessagePackLimits.MaxUriBytes, length);
        }

        writer.WriteString(text);
    }

    /// <inheritdoc/>
    public Uri Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(Uri));
        int start = reader.Position;
        MessagePackReader ahead = reader;
        int length = ahead.ReadUtf8().Length;
        if (length > MessagePackLimits.MaxUriBytes)
        {
            ReadFailure.ThrowOutOfRange($"a Uri of at most {MessagePackLimits.MaxUriBytes} bytes", $"{length} bytes", start);
        }

        if (!Uri.TryCreate(reader.ReadString(), UriKind.RelativeOrAbsolute, out Uri? value))
        {
            ReadFailure.ThrowMalformed("a Uri", start);
        }

        return value!;
    }
}
