using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc;

/// <summary>
/// Names and values that travel beside a call's arguments, or as trailers beside its result. Names are not case-sensitive.
/// What has come from the peer is read-only. Not thread-safe while it is changed.
/// </summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "Headers are what the field calls them.")]
public sealed class TunnelHeaders : IReadOnlyDictionary<string, string>
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>No headers; read-only.</summary>
    internal static TunnelHeaders Empty { get; } = new TunnelHeaders().Freeze();

    /// <summary>How many there are.</summary>
    public int Count => _values.Count;

    /// <summary>Whether they have come from the peer, and cannot be changed.</summary>
    public bool IsReadOnly { get; private set; }

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<string> Values => _values.Values;

    /// <summary>A value by its name. Setting replaces one of the same name.</summary>
    /// <exception cref="KeyNotFoundException">Getting: there is none of this name.</exception>
    /// <exception cref="InvalidOperationException">Setting: they are read-only.</exception>
    public string this[string key]
    {
        get => _values[key];
        set
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            ArgumentNullException.ThrowIfNull(value);
            if (IsReadOnly)
            {
                throw new InvalidOperationException("These headers have come from the peer: they cannot be changed. Copy them into headers of your own.");
            }

            _values[key] = value;
        }
    }

    /// <summary>Adds a value, replacing one of the same name.</summary>
    /// <exception cref="InvalidOperationException">They are read-only.</exception>
    public void Add(string name, string value) => this[name] = value;

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value) => _values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal TunnelHeaders Freeze()
    {
        IsReadOnly = true;
        return this;
    }

    /// <summary>Takes over what has come.</summary>
    internal void ReplaceWith(TunnelHeaders other)
    {
        _values.Clear();
        foreach ((string name, string value) in other._values)
        {
            _values[name] = value;
        }
    }
}
