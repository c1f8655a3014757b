using System.Globalization;
using System.Text;

namespace TunnelRpc;

// Decision: docs/adr/0070-logs-of-hostile-peers.md
/// <summary>
/// Makes text of a peer, a proxy or a certificate safe for logs, exception messages, reports and terminals: one line of limited length
/// without control characters, so that it can forge no log entry, no terminal command and no order of characters. Escaped text is not
/// changed by escaping it again. Stateless.
/// </summary>
internal static class ForeignText
{
    /// <summary>The most characters that one value keeps, unless the caller names another limit.</summary>
    public const int MaxLength = 1_024;

    /// <summary>Returns the text, truncated to <paramref name="maxLength"/> characters, with its dangerous characters escaped.</summary>
    /// <param name="text">The text; null is returned as an empty string.</param>
    /// <param name="maxLength">
    /// The most characters of <paramref name="text"/> that are kept. An ellipsis marks that others were removed.
    /// </param>
    public static string Escape(string? text, int maxLength = MaxLength)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        int length = Math.Min(text.Length, maxLength);
        int clean = 0;
        while (clean < length && !IsDangerous(text, clean))
        {
            clean++;
        }

        return clean == text.Length ? text : EscapeFrom(text, clean, length);
    }

    /// <summary>Whether <see cref="Escape"/> would change the text.</summary>
    public static bool NeedsEscape(string text, int maxLength = MaxLength)
    {
        if (text.Length > maxLength)
        {
            return true;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (IsDangerous(text, i))
            {
                return true;
            }
        }

        return false;
    }

    private static string EscapeFrom(string text, int clean, int length)
    {
        var escaped = new StringBuilder(text, 0, clean, length + 16);
        for (int i = clean; i < length; i++)
        {
            if (!IsDangerous(text, i))
            {
                escaped.Append(text[i]);
                continue;
            }

            switch (text[i])
            {
                case '\n':
                    escaped.Append("\\n");
                    break;
                case '\r':
                    escaped.Append("\\r");
                    break;
                case '\t':
                    escaped.Append("\\t");
                    break;
                default:
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}");
                    break;
            }
        }

        if (length < text.Length)
        {
            escaped.Append('…');
        }

        return escaped.ToString();
    }

    private static bool IsDangerous(string text, int index)
    {
        char c = text[index];
        return c switch
        {
            < ' ' => true,
            < '\u007f' => false,

            // DEL and the C1 controls, among them CSI.
            <= '\u009f' => true,

            // Marks, embeddings, overrides and isolates of bidirectional text; line and paragraph separators; the byte order mark.
            '\u061c' or '\u200e' or '\u200f' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff' => true,
            _ => char.IsSurrogate(c) && !IsInPair(text, index),
        };
    }

    /// <summary>Whether the surrogate belongs to a pair. Unpaired ones cannot be encoded.</summary>
    private static bool IsInPair(string text, int index) => char.IsHighSurrogate(text[index])
        ? index + 1 < text.Length && char.IsLowSurrogate(text[index + 1])
        : index > 0 && char.IsHighSurrogate(text[index - 1]);
}
