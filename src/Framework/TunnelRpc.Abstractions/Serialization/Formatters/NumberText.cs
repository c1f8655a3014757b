namespace TunnelRpc.Serialization.Formatters;

/// <summary>Reads text of a bounded length, for values other than strings that are encoded as text.</summary>
internal static class NumberText
{
    /// <summary>Reads a string of at most <see cref="MessagePackLimits.MaxNumberTextBytes"/> bytes.</summary>
    /// <exception cref="MessagePackException">The next value is not a string, or it is too long.</exception>
    public static ReadOnlySpan<byte> Read(ref MessagePackReader reader, string expected)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> text = reader.ReadUtf8();
        if (text.Length > MessagePackLimits.MaxNumberTextBytes)
        {
            ReadFailure.ThrowOutOfRange(
                $"{expected} of at most {MessagePackLimits.MaxNumberTextBytes} bytes", $"{text.Length} bytes", start);
        }

        return text;
    }
}
