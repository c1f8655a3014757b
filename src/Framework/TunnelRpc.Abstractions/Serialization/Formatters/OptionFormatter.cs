using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an option of another library (<c>FSharpOption</c>) as its value, or as nil if it has none.</summary>
/// <typeparam name="TOption">The option.</typeparam>
/// <typeparam name="T">Its value, which is not null.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class OptionFormatter<TOption, T> : ITunnelFormatter<TOption>
{
    private readonly Func<TOption, bool> _hasValue;
    private readonly Func<TOption, T> _getValue;
    private readonly Func<T, TOption> _create;
    private readonly ITunnelFormatter<T> _inner;

    /// <summary>Creates a formatter. The default of <typeparamref name="TOption"/> has no value.</summary>
    /// <param name="hasValue">Returns whether an option has a value. The option may be null.</param>
    /// <param name="getValue">Returns the value of an option that has one.</param>
    /// <param name="create">Creates an option with a value.</param>
    /// <param name="inner">Formats the values.</param>
    public OptionFormatter(
        Func<TOption, bool> hasValue, Func<TOption, T> getValue, Func<T, TOption> create, ITunnelFormatter<T> inner)
    {
        ArgumentNullException.ThrowIfNull(hasValue);
        ArgumentNullException.ThrowIfNull(getValue);
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(inner);
        _hasValue = hasValue;
        _getValue = getValue;
        _create = create;
        _inner = inner;
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TOption value)
    {
        if (_hasValue(value))
        {
            _inner.Write(ref writer, _getValue(value));
        }
        else
        {
            writer.WriteNil();
        }
    }

    /// <inheritdoc/>
    public TOption Read(ref MessagePackReader reader) => reader.TryReadNil() ? default! : _create(_inner.Read(ref reader));
}
