using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace TunnelRpc.Generators.Locks;

/// <summary>
/// Encodes names as tokens of a line. Letters, digits and common punctuation are unchanged; every other character, such as a space, a
/// slash or a character that changes the direction of text, is written as the hexadecimal digits of its UTF-8 bytes (<c>%20</c>).
/// </summary>
internal static class LockText
{
    /// <summary>The token of an empty name.</summary>
    private const string EmptyName = "\"\"";

    private const string Punctuation = "._-+:@&!$()[]{}~'|*";

    /// <summary>Returns the token of a name.</summary>
    public static string Encode(string name)
    {
        if (name.Length == 0)
        {
            return EmptyName;
        }

        var token = new StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (char.IsLetterOrDigit(c) || Punctuation.IndexOf(c) >= 0)
            {
                token.Append(c);
                continue;
            }

            bool isPair = char.IsHighSurrogate(c) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]);
            foreach (byte b in Encoding.UTF8.GetBytes(isPair ? name.Substring(i, 2) : c.ToString()))
            {
                token.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }

            i += isPair ? 1 : 0;
        }

        return token.ToString();
    }

    /// <summary>Returns the name of a token.</summary>
    /// <exception cref="LockFormatException">A percent sign is not followed by two hexadecimal digits.</exception>
    public static string Decode(string token)
    {
        if (token == EmptyName)
        {
            return "";
        }

        if (token.IndexOf('%') < 0)
        {
            return token;
        }

        var bytes = new List<byte>(token.Length);
        for (int i = 0; i < token.Length; i++)
        {
            if (token[i] != '%')
            {
                int length = char.IsHighSurrogate(token[i]) && i + 1 < token.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(token.Substring(i, length)));
                i += length - 1;
            }
            else if (i + 2 < token.Length
                && byte.TryParse(token.Substring(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
            {
                throw new LockFormatException($"Expected two hexadecimal digits after each % of '{token}'.");
            }
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>Returns a name for a message: at most 200 characters, without characters that control a terminal.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder();
        foreach (char c in text.Length <= 200 ? text : text.Substring(0, 200) + "…")
        {
            shown.Append(char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '\uFFFD' : c);
        }

        return shown.ToString();
    }
}
