using System.Collections;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc;

/// <summary>
/// Names and values that are sent with the arguments of a call (headers) or with its result or failure (trailers). Names are
/// case-insensitive. Headers that were received from the peer are read-only. Not thread-safe while they are changed.
/// </summary>
[DebuggerDisplay("Count = {Count}, IsReadOnly = {IsReadOnly}")]
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "RPC frameworks call this type headers.")]
public sealed class TunnelHeaders : IReadOnlyDictionary<string, string>
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>An empty, read-only instance.</summary>
    internal static TunnelHeaders Empty { get; } = new TunnelHeaders().Freeze();

    /// <summary>The number of headers.</summary>
    public int Count => _values.Count;

    /// <summary>Whether the headers were received from the peer and therefore cannot be changed.</summary>
    public bool IsReadOnly { get; private set; }

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<string> Values => _values.Values;

    /// <summary>The value of the header with this name. Setting it adds or replaces the header.</summary>
    /// <param name="key">The name, case-insensitive; not empty.</param>
    /// <exception cref="KeyNotFoundException">When getting: there is no header of this name.</exception>
    /// <exception cref="InvalidOperationException">When setting: <see cref="IsReadOnly"/> is true.</exception>
    public string this[string key]
    {
        get => _values[key];
        set
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            ArgumentNullException.ThrowIfNull(value);
            if (IsReadOnly)
            {
                throw new InvalidOperationException(
                    "These headers were received from the peer and are read-only. Copy them to a new TunnelHeaders to change them.");
            }

            _values[key] = value;
        }
    }

    /// <summary>Adds a header. Replaces the header of the same name, if there is one.</summary>
    /// <param name="name">The name, case-insensitive; not empty.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="InvalidOperationException"><see cref="IsReadOnly"/> is true.</exception>
    public void Add(string name, string value) => this[name] = value;

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value) => _values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Makes the instance read-only and returns it.</summary>
    internal TunnelHeaders Freeze()
    {
        IsReadOnly = true;
        return this;
    }

    /// <summary>Replaces the content with a copy of <paramref name="other"/>.</summary>
    internal void ReplaceWith(TunnelHeaders other)
    {
        _values.Clear();
        foreach ((string name, string value) in other._values)
        {
            _values[name] = value;
        }
    }
}
