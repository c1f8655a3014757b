namespace TunnelRpc.Gateway.Client.Origins;

/// <summary>The names that can be claimed. Stateless.</summary>
internal static class GatewayName
{
    private const int MaxLength = 63;

    /// <summary>
    /// Whether the text is a DNS label in lower case (RFC 1123, 2.1): 1 to 63 letters, digits and hyphens, without a hyphen at the start or
    /// the end.
    /// </summary>
    public static bool IsValid(string name)
    {
        if (name.Length is 0 or > MaxLength || name[0] == '-' || name[^1] == '-')
        {
            return false;
        }

        foreach (char c in name)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The error for a text that is no name.</summary>
    public static string Describe(string name) =>
        "Expected a DNS label in lower case (1 to 63 letters, digits and hyphens, no hyphen at either end), got "
        + (name.Length > MaxLength ? $"{name.Length} characters." : "another text.");
}
