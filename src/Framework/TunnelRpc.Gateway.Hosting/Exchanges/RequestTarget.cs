using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>Splits and decodes request targets as Kestrel does, so that an application sees the same paths behind either server.</summary>
internal static class RequestTarget
{
    private static readonly SearchValues<char> Visible = SearchValues.Create([.. Enumerable.Range(0x21, 0x7E - 0x20).Select(c => (char)c)]);

    /// <summary>Splits a target in origin form, or "*".</summary>
    /// <param name="target">The target.</param>
    /// <param name="path">
    /// The path without dot segments (RFC 3986, 5.2.4). Escapes are decoded, except for "%2F" and what is not UTF-8. Empty for "*".
    /// </param>
    /// <param name="query">The query with its question mark, as it came; empty if there is none.</param>
    /// <returns>
    /// False for a target that is not in one of these forms, that has white space, control or non-ASCII characters, or an escaped NUL.
    /// </returns>
    public static bool TryParse(string target, [NotNullWhen(true)] out string? path, out string query)
    {
        path = null;
        query = "";
        if (target == "*")
        {
            path = "";
            return true;
        }

        if (!target.StartsWith('/') || target.AsSpan().ContainsAnyExcept(Visible))
        {
            return false;
        }

        int queryStart = target.IndexOf('?', StringComparison.Ordinal);
        if (queryStart >= 0)
        {
            query = target[queryStart..];
        }

        string escaped = queryStart >= 0 ? target[..queryStart] : target;
        path = escaped.Contains('%', StringComparison.Ordinal) ? Decode(escaped) : escaped;
        if (path is not null && path.Contains("/.", StringComparison.Ordinal))
        {
            path = RemoveDotSegments(path);
        }

        return path is not null;
    }

    /// <summary>Decodes the escapes of a path. Null if one of them is a NUL.</summary>
    private static string? Decode(string path)
    {
        var decoded = new StringBuilder(path.Length);
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < path.Length;)
        {
            int count = 0;
            while (count < bytes.Length && TryReadEscape(path, i + (3 * count), out bytes[count]))
            {
                count++;
            }

            if (count == 0)
            {
                decoded.Append(path[i++]);
            }
            else if (Rune.DecodeFromUtf8(bytes[..count], out Rune rune, out int consumed) != OperationStatus.Done || rune.Value == '/')
            {
                decoded.Append(path, i, 3);
                i += 3;
            }
            else if (rune.Value == 0)
            {
                return null;
            }
            else
            {
                decoded.Append(rune.ToString());
                i += 3 * consumed;
            }
        }

        return decoded.ToString();
    }

    private static bool TryReadEscape(string path, int index, out byte value)
    {
        value = 0;
        if (index + 2 >= path.Length
            || path[index] != '%'
            || !char.IsAsciiHexDigit(path[index + 1])
            || !char.IsAsciiHexDigit(path[index + 2]))
        {
            return false;
        }

        value = (byte)Convert.FromHexString(path.AsSpan(index + 1, 2))[0];
        return true;
    }

    private static string RemoveDotSegments(string path)
    {
        string[] segments = path[1..].Split('/');
        var kept = new List<string>(segments.Length);
        for (int i = 0; i < segments.Length; i++)
        {
            bool isDot = segments[i] is "." or "..";
            if (segments[i] == ".." && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }

            // "/a/." is "/a/": a dot segment at the end leaves an empty one.
            if (!isDot || i == segments.Length - 1)
            {
                kept.Add(isDot ? "" : segments[i]);
            }
        }

        return "/" + string.Join('/', kept);
    }
}
