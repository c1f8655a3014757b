using System.Globalization;
using System.Net;

namespace TunnelRpc.Transports.Cookies;

/// <summary>
/// Parses Set-Cookie fields as RFC 6265, 5.2 specifies for clients. The parser of <see cref="CookieContainer"/> differs from it: it splits
/// values at commas, and it refuses fields with an unknown date, a large Max-Age or a relative path. Names and values of the returned
/// cookies are percent-encoded, because <see cref="Cookie"/> refuses some characters. Stateless.
/// </summary>
internal static class SetCookieField
{
    /// <summary>The maximum size of a name with its value. Larger cookies are ignored (RFC 6265, 6.1).</summary>
    public const int MaxNameAndValueChars = 4096;

    private static readonly string[] DateFormats =
    [
        "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "ddd, dd-MMM-yyyy HH:mm:ss 'GMT'",
        "dddd, dd-MMM-yy HH:mm:ss 'GMT'",
        "ddd MMM d HH:mm:ss yyyy",
    ];

    /// <summary>
    /// Returns the cookie of a field; expired if the field removes it. Null when the field has no valid cookie, for instance because of a
    /// character that no request may carry.
    /// </summary>
    public static Cookie? TryParse(string field)
    {
        string[] parts = field.Split(';');
        int separator = parts[0].IndexOf('=', StringComparison.Ordinal);
        if (separator < 0 || parts[0].Any(c => c is (< ' ' or > '~') and not '\t'))
        {
            return null;
        }

        string name = parts[0][..separator].Trim();
        string value = parts[0][(separator + 1)..].Trim();
        if (name.Length == 0 || name.Length + value.Length > MaxNameAndValueChars)
        {
            return null;
        }

        Cookie cookie = new(Uri.EscapeDataString(name), Uri.EscapeDataString(value));
        DateTime? maxAge = null;
        foreach (string part in parts.Skip(1))
        {
            separator = part.IndexOf('=', StringComparison.Ordinal);
            string attribute = (separator < 0 ? part : part[..separator]).Trim();
            string argument = separator < 0 ? string.Empty : part[(separator + 1)..].Trim();
            switch (attribute.ToUpperInvariant())
            {
                case "EXPIRES" when TryParseDate(argument, out DateTime date):
                    cookie.Expires = date;
                    break;

                case "MAX-AGE" when ParseMaxAge(argument) is { } expiry:
                    maxAge = expiry;
                    break;

                case "DOMAIN" when argument.TrimStart('.').Length > 0:
                    cookie.Domain = argument.TrimStart('.');
                    break;

                case "PATH" when argument.StartsWith('/'):
                    cookie.Path = argument;
                    break;

                case "SECURE":
                    cookie.Secure = true;
                    break;
            }
        }

        cookie.Expires = maxAge ?? cookie.Expires;
        return cookie;
    }

    /// <summary>Returns the name of a cookie of <see cref="TryParse"/>, as received.</summary>
    public static string GetName(Cookie cookie) => Uri.UnescapeDataString(cookie.Name);

    /// <summary>Formats a cookie of <see cref="TryParse"/> for a Cookie field, as received.</summary>
    public static string Format(Cookie cookie) => $"{GetName(cookie)}={Uri.UnescapeDataString(cookie.Value)}";

    // The container compares with the system's clock.
    private static DateTime? ParseMaxAge(string argument)
    {
        string digits = argument.StartsWith('-') ? argument[1..] : argument;
        if (digits.Length == 0 || !digits.All(char.IsAsciiDigit))
        {
            return null;
        }

        if (argument.StartsWith('-') || digits.All(digit => digit == '0'))
        {
            return DateTime.UnixEpoch;
        }

        int seconds = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : int.MaxValue;
        return TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds);
    }

    private static bool TryParseDate(string argument, out DateTime date)
    {
        const DateTimeStyles Styles =
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces;
        CultureInfo culture = CultureInfo.InvariantCulture;
        bool isDate = DateTime.TryParseExact(argument, DateFormats, culture, Styles, out date)
            || DateTime.TryParse(argument, culture, Styles, out date);

        // The least value means no expiry.
        date = isDate && date == DateTime.MinValue ? DateTime.UnixEpoch : date;
        return isDate;
    }
}
