using System.ComponentModel;
using System.Globalization;
using System.Text;

namespace TunnelRpc.Serialization.Formatters;

// Decision: docs/adr/0081-more-types-of-the-platform.md
/// <summary>
/// Formats a <see cref="CultureInfo"/> as text: its name, without extensions (<c>-u-…</c>). Reading accepts the cultures that the platform
/// predefines.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class CultureInfoFormatter : ITunnelFormatter<CultureInfo>
{
    private const string Expected = "the name of a culture that is known here";

    /// <summary>The shared instance.</summary>
    public static readonly CultureInfoFormatter Instance = new();

    private CultureInfoFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, CultureInfo value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(CultureInfo));
        }

        if (!IsWellFormed(value.Name))
        {
            WriteFailure.ThrowUnsupportedName("a culture with a name without extensions", value.Name);
        }

        writer.Write(value.Name);
    }

    /// <inheritdoc/>
    public CultureInfo Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(CultureInfo));
        int start = reader.Position;
        string name = Encoding.UTF8.GetString(NumberText.Read(ref reader, Expected));
        if (IsWellFormed(name))
        {
            try
            {
                return CultureInfo.GetCultureInfo(name, predefinedOnly: true);
            }
            catch (CultureNotFoundException)
            {
                // The failure below states the offset.
            }
        }

        ReadFailure.ThrowMalformed(Expected, start);
        return null!;
    }

    /// <summary>
    /// Returns whether the name consists of parts of 2 to 8 letters and digits. A part of one character starts an extension. .NET caches
    /// each name and accepts any extension of a predefined culture, so a peer could fill the cache with names that it makes up.
    /// </summary>
    private static bool IsWellFormed(string name)
    {
        foreach (Range part in name.AsSpan().Split('-'))
        {
            ReadOnlySpan<char> text = name.AsSpan(part);
            foreach (char c in text)
            {
                if (!char.IsAsciiLetterOrDigit(c))
                {
                    return false;
                }
            }

            if (text.Length is < 2 or > 8 && name.Length > 0)
            {
                return false;
            }
        }

        return true;
    }
}
