using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

// Decision: docs/adr/0086-foreign-types.md
/// <summary>Formats a value as its surrogate, a value of another type.</summary>
/// <typeparam name="T">The values.</typeparam>
/// <typeparam name="TSurrogate">Their surrogates.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SurrogateFormatter<T, TSurrogate> : ITunnelFormatter<T>
{
    private readonly Func<T, TSurrogate> _toSurrogate;
    private readonly Func<TSurrogate, T> _fromSurrogate;
    private readonly ITunnelFormatter<TSurrogate> _inner;

    /// <summary>Creates a formatter.</summary>
    /// <param name="toSurrogate">Converts a value that is written. It is not called with null.</param>
    /// <param name="fromSurrogate">Converts what was read. What it throws becomes a <see cref="MessagePackException"/>.</param>
    /// <param name="inner">Formats the surrogates.</param>
    public SurrogateFormatter(Func<T, TSurrogate> toSurrogate, Func<TSurrogate, T> fromSurrogate, ITunnelFormatter<TSurrogate> inner)
    {
        ArgumentNullException.ThrowIfNull(toSurrogate);
        ArgumentNullException.ThrowIfNull(fromSurrogate);
        ArgumentNullException.ThrowIfNull(inner);
        _toSurrogate = toSurrogate;
        _fromSurrogate = fromSurrogate;
        _inner = inner;
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, T value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(T));
        }

        _inner.Write(ref writer, _toSurrogate(value!));
    }

    /// <inheritdoc/>
    public T Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        TSurrogate surrogate = _inner.Read(ref reader);
        try
        {
            return _fromSurrogate(surrogate);
        }
        catch (Exception exception) when (exception is not MessagePackException)
        {
            throw ReadFailure.NotConverted(typeof(T), start, exception);
        }
    }
}
