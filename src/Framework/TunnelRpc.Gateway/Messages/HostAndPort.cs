using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Gateway.Messages;

/// <summary>
/// A host and an optional port, as in the Host field (RFC 9110, 7.2). Only what all programs read alike: a name of letters, digits,
/// hyphens and underscores in labels, an IPv4 address of four decimal numbers, or an IPv6 address in brackets without a zone. Other
/// spellings of addresses ("127.1", "0x7f000001", "2130706433"), user names and escapes are not accepted. Immutable.
/// </summary>
/// <param name="Host">The host in lower case; an IPv6 address in brackets and in its canonical form.</param>
/// <param name="Port">The port, 1 to 65,535; null when it is not stated.</param>
internal readonly record struct HostAndPort(string Host, int? Port)
{
    private const int MaxNameLength = 253;
    private const int MaxPortDigits = 5;

    // Those of IPv6 addresses without a zone.
    private static readonly SearchValues<char> AddressChars = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>The address, when the host is one; null for a name.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host.AsSpan().Trim("[]"), out IPAddress? address) ? address : null;

    /// <summary>Parses a text. Returns false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out HostAndPort parsed)
    {
        parsed = default;
        int end = text.StartsWith('[') ? text.IndexOf(']') + 1 : text.IndexOf(':');
        ReadOnlySpan<char> host = end < 0 ? text : text[..end];
        ReadOnlySpan<char> rest = text[host.Length..];
        int? port = null;
        if (!rest.IsEmpty)
        {
            if (rest[0] != ':'
                || rest.Length - 1 > MaxPortDigits
                || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                || number is < 1 or > ushort.MaxValue)
            {
                return false;
            }

            port = number;
        }

        if (FindHost(host) is not { } canonical)
        {
            return false;
        }

        parsed = new HostAndPort(canonical, port);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{Host}:{port}") : Host;

    private static string? FindHost(ReadOnlySpan<char> host)
    {
        if (host.StartsWith('['))
        {
            ReadOnlySpan<char> literal = host[1..^1];
            return !literal.ContainsAnyExcept(AddressChars)
                && IPAddress.TryParse(literal, out IPAddress? address)
                && address.AddressFamily == AddressFamily.InterNetworkV6
                && !address.Equals(IPAddress.IPv6Any)
                ? $"[{address}]"
                : null;
        }

        string name = host.ToString().ToLowerInvariant();
        if (!IsName(name))
        {
            return null;
        }

        // What programs take for an IPv4 address has one spelling here. A last label of digits is no name (RFC 3696, 2).
        bool isAddress = IPAddress.TryParse(name, out IPAddress? number);
        ReadOnlySpan<char> last = name.AsSpan(name.LastIndexOf('.') + 1);
        bool isNumeric = !last.ContainsAnyExceptInRange('0', '9') || last.StartsWith("0x");
        return isAddress ? (number!.ToString() == name ? name : null) : isNumeric ? null : name;
    }

    private static bool IsName(string name)
    {
        if (name.Length is 0 or > MaxNameLength || name[0] == '.' || name.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (char character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
