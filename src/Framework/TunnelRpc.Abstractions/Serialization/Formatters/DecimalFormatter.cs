using System.ComponentModel;
using System.Globalization;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="decimal"/> as invariant text, which preserves the scale: <c>1.50</c>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DecimalFormatter : ITunnelFormatter<decimal>
{
    /// <summary>The shared instance.</summary>
    public static readonly DecimalFormatter Instance = new();

    private DecimalFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, decimal value)
    {
        Span<byte> text = stackalloc byte[MessagePackLimits.MaxNumberTextBytes];
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        writer.WriteUtf8(text[..length]);
    }

    /// <inheritdoc/>
    public decimal Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> text = NumberText.Read(ref reader, Expected);
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!decimal.TryParse(text, Styles, CultureInfo.InvariantCulture, out decimal value))
        {
            ReadFailure.ThrowMalformed(Expected, start);
        }

        return value;
    }

    private const string Expected = "a decimal as invariant text";
}
