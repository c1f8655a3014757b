using System.ComponentModel;
using System.Globalization;
using System.Text;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="CultureInfo"/> as text: its name. Reading accepts the cultures that the platform predefines.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class CultureInfoFormatter : ITunnelFormatter<CultureInfo>
{
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

        writer.Write(value.Name);
    }

    /// <inheritdoc/>
    public CultureInfo Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(CultureInfo));
        int start = reader.Position;
        string name = Encoding.UTF8.GetString(NumberText.Read(ref reader, Expected));
        try
        {
            // .NET caches the cultures that it creates, so a peer must not make up names.
            return CultureInfo.GetCultureInfo(name, predefinedOnly: true);
        }
        catch (CultureNotFoundException)
        {
            ReadFailure.ThrowMalformed(Expected, start);
            return null!;
        }
    }

    private const string Expected = "the name of a culture that is known here";
}
