namespace TunnelRpc.Gateway.Comet;

/// <summary>Turns JSON with strings in single quotes, as the transcript of 2008 has them, into JSON. Stateless.</summary>
internal static class LenientJson
{
    /// <summary>Returns the text with double quotes. Other text that is not JSON stays as it is.</summary>
    public static byte[] WithDoubleQuotes(ReadOnlySpan<byte> text)
    {
        List<byte> result = new(text.Length + 16);
        byte quote = 0;
        for (int index = 0; index < text.Length; index++)
        {
            byte value = text[index];
            if (quote == 0)
            {
                quote = value is (byte)'"' or (byte)'\'' ? value : (byte)0;
                result.Add(quote == 0 ? value : (byte)'"');
            }
            else if (value == (byte)'\\' && index + 1 < text.Length)
            {
                // JSON has no escape of a single quote.
                byte escaped = text[++index];
                if (escaped != (byte)'\'')
                {
                    result.Add(value);
                }

                result.Add(escaped);
            }
            else if (value == quote)
            {
                quote = 0;
                result.Add((byte)'"');
            }
            else
            {
                if (value == (byte)'"')
                {
                    result.Add((byte)'\\');
                }

                result.Add(value);
            }
        }

        return [.. result];
    }
}
