using System.Globalization;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>A decimal as its invariant text, which keeps the scale: <c>1.50</c>.</summary>
public sealed class DecimalFormatter : ITunnelFormatter<decimal>
{
    /// <summary>The one instance.</summary>
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
        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out decimal value))
        {
            ReadFailure.ThrowMalformed(Expected, start);
        }

        return value;
    }

    private const string Expected = "a decimal as invariant text";
}
