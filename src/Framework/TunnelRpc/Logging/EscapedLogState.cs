using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace TunnelRpc.Logging;

/// <summary>The values of a log entry with escaped texts, and the message that they give. Immutable.</summary>
internal sealed class EscapedLogState : IReadOnlyList<KeyValuePair<string, object?>>
{
    private const string TemplateName = "{OriginalFormat}";

    private readonly KeyValuePair<string, object?>[] _values;

    private EscapedLogState(KeyValuePair<string, object?>[] values) => _values = values;

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => _values[index];

    /// <summary>Escapes the values of an entry. False if none of them needs it.</summary>
    public static bool TryCreate<TState>(TState state, [NotNullWhen(true)] out EscapedLogState? escaped)
    {
        escaped = null;
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values || !values.Any(NeedsEscape))
        {
            return false;
        }

        escaped = new EscapedLogState([.. values.Select(v => NeedsEscape(v) ? new(v.Key, ForeignText.Escape((string?)v.Value)) : v)]);
        return true;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, object?>>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The message: the template with the values in place of their names.</summary>
    public override string ToString()
    {
        string template = _values.FirstOrDefault(v => v.Key == TemplateName).Value as string ?? "";
        var message = new StringBuilder();
        int position = 0;
        while (template.IndexOf('{', position) is >= 0 and int open && template.IndexOf('}', open) is >= 0 and int close)
        {
            string name = template[(open + 1)..close];
            object? value = _values.FirstOrDefault(v => v.Key == name).Value;
            message.Append(template, position, open - position)
                .Append(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "(null)");
            position = close + 1;
        }

        return message.Append(template, position, template.Length - position).ToString();
    }

    private static bool NeedsEscape(KeyValuePair<string, object?> value) =>
        value.Value is string text && value.Key != TemplateName && ForeignText.NeedsEscape(text);
}
