using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

/// <summary>Converts the fields of the contract to those of ASP.NET Core and back.</summary>
internal static class HeaderFields
{
    private static readonly SearchValues<char> ValueCharacters =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x7F - 0x20).Select(c => (char)c), '\t']);

    private static readonly SearchValues<char> LineCharacters = SearchValues.Create("\r\n\0");

    /// <summary>Creates the header collection of a request.</summary>
    /// <param name="fields">The fields in order.</param>
    /// <param name="headers">The collection: one entry for each name, with the values in order.</param>
    /// <returns>False when a name is not a token, or a value has a line break or a NUL.</returns>
    public static bool TryRead(IReadOnlyList<HttpField> fields, [NotNullWhen(true)] out HeaderDictionary? headers)
    {
        headers = new HeaderDictionary(fields.Count);
        foreach (HttpField field in fields)
        {
            if (field.Name is null
                || !HttpFieldRules.IsToken(field.Name)
                || field.Value is null
                || field.Value.AsSpan().ContainsAny(LineCharacters))
            {
                headers = null;
                return false;
            }

            headers.Append(field.Name, field.Value);
        }

        return true;
    }

    /// <summary>Returns the fields of a response without those that concern one connection.</summary>
    /// <param name="headers">The headers that the application has set.</param>
    /// <param name="protocol">The protocol of an upgrade, whose field is kept, and added if it is missing; null without an upgrade.</param>
    /// <exception cref="InvalidOperationException">A name is not a token, or a value has a control or non-ASCII character.</exception>
    public static List<HttpField> Write(IHeaderDictionary headers, string? protocol)
    {
        StringValues connection = headers.Connection;
        var fields = new List<HttpField>(headers.Count + 1);
        foreach ((string name, StringValues values) in headers)
        {
            if (IsHopByHop(name, connection, isUpgrade: protocol is not null))
            {
                continue;
            }

            if (!HttpFieldRules.IsToken(name))
            {
                throw new InvalidOperationException(
                    $"The name of a response header must be a token (RFC 9110, 5.6.2), got '{Escape(name)}'.");
            }

            foreach (string? value in values)
            {
                if (value is null)
                {
                    continue;
                }

                if (value.AsSpan().ContainsAnyExcept(ValueCharacters))
                {
                    throw new InvalidOperationException(
                        $"The response header {name} must consist of visible ASCII characters, spaces and tabs, got '{Escape(value)}'.");
                }

                fields.Add(new HttpField(name, value));
            }
        }

        if (protocol is not null && !headers.ContainsKey(HeaderNames.Upgrade))
        {
            fields.Add(new HttpField(HeaderNames.Upgrade, protocol));
        }

        return fields;
    }

    private static bool IsHopByHop(string name, StringValues connection, bool isUpgrade) =>
        isUpgrade && name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase)
            ? false
            : HttpFieldRules.IsHopByHop(name) || (connection.Count > 0 && HttpFieldRules.IsNamedBy(connection, name));

    /// <summary>Returns a text for an error: at most 100 characters, without control characters.</summary>
    private static string Escape(string text) =>
        string.Concat(text.Take(100).Select(c => c is >= ' ' and < '\x7F' ? $"{c}" : $"\\u{(int)c:X4}"));
}
