using System.Text;

namespace TunnelRpc.Gateway.Tests.Smuggling;

/// <summary>A message as a parser has understood it. Immutable.</summary>
/// <param name="Start">The method of a request; empty for a response.</param>
/// <param name="Target">The target of a request; the status of a response.</param>
/// <param name="Fields">The fields.</param>
/// <param name="Body">The body, without the framing of chunks.</param>
internal sealed record UnderstoodMessage(
    string Start, string Target, IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Body)
{
    // The parsers of the platform change these: Connection and Transfer-Encoding belong to one connection, are removed by every program
    // that forwards a message, and are parsed into options; the length is a number.
    private static readonly HashSet<string> NotCompared = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Transfer-Encoding", "Content-Length",
    };

    /// <summary>Says how this message differs from another one; null when both are the same.</summary>
    public string? FindDifference(UnderstoodMessage other)
        => Start != other.Start ? $"method \"{Start}\" or \"{other.Start}\""
            : Target != other.Target ? $"target or status \"{Target}\" or \"{other.Target}\""
            : !Body.AsSpan().SequenceEqual(other.Body)
            ? $"body \"{SmugglingRun.Show(Body)}\" or \"{SmugglingRun.Show(other.Body)}\""
            : ShowFields() != other.ShowFields() ? $"fields \"{ShowFields()}\" or \"{other.ShowFields()}\""
            : null;

    // The order of equal names counts, that of different names does not (RFC 9110, 5.3).
    private string ShowFields() => SmugglingRun.Show(Encoding.Latin1.GetBytes(string.Join('|', Fields
        .Where(field => !NotCompared.Contains(field.Key))
        .GroupBy(field => field.Key.ToLowerInvariant(), StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => $"{group.Key}: {string.Join(" & ", group.Select(field => field.Value))}"))));
}
