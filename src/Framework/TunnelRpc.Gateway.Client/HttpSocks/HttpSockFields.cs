namespace TunnelRpc.Gateway.Client.HttpSocks;

/// <summary>The names of the fields of httpsock (docs/gateway-httpsock.md), and how numbers in them are read.</summary>
internal static class HttpSockFields
{
    /// <summary>The id of the session: the response to POST has it, and all further requests.</summary>
    public const string Session = "X-Session";

    /// <summary>The most bytes that the response to a GET may have.</summary>
    public const string ContentLength = "X-Content-Length";

    /// <summary>The offset of the first byte of a body, or the number of bytes that a side has.</summary>
    public const string Offset = "X-Offset";

    /// <summary>"1" at the end of the stream.</summary>
    public const string EndOfFile = "X-EOF";

    // More digits are more than a long can hold.
    private const int MaxDigits = 18;

    /// <summary>Reads a number: digits only, with no sign, no space and no second value.</summary>
    /// <param name="text">The value of the field.</param>
    /// <param name="value">The number; <see cref="long.MaxValue"/> for one with more than 18 digits.</param>
    public static bool TryParse(string? text, out long value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text) || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        ReadOnlySpan<char> digits = text.AsSpan().TrimStart('0');
        if (digits.Length > MaxDigits)
        {
            value = long.MaxValue;
            return true;
        }

        foreach (char digit in digits)
        {
            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}
