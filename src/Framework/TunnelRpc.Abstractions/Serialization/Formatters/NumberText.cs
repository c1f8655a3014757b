namespace TunnelRpc.Serialization.Formatters;

/// <summary>Text of a bounded length, for values that travel as text and are no strings.</summary>
internal static class NumberText
{
    public static ReadOnlySpan<byte> Read(ref MessagePackReader reader, string expected)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> text = reader.ReadUtf8();
        if (text.Length > MessagePackLimits.MaxNumberTextBytes)
        {
            ReadFailure.ThrowOutOfRange($"{expected} of at most {MessagePackLimits.MaxNumberTextBytes} bytes", $"one of {text.Length}", start);
        }

        return text;
    }
}
