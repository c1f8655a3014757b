using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats an <see cref="IGrouping{TKey, TElement}"/> as an array of two elements: the key, and an array of the elements.
/// </summary>
/// <param name="key">Formats the key.</param>
/// <param name="element">Formats the elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class GroupingFormatter<TKey, TElement>(ITunnelFormatter<TKey> key, ITunnelFormatter<TElement> element)
    : ITunnelFormatter<IGrouping<TKey, TElement>>
{
    private readonly InterfaceEnumerableFormatter<TElement> _elements = new(element);

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, IGrouping<TKey, TElement> value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(IGrouping<TKey, TElement>));
        }

        writer.IncrementDepth();
        writer.WriteArrayHeader(2);
        key.Write(ref writer, value.Key);
        _elements.Write(ref writer, value);
        writer.DecrementDepth();
    }

    /// <inheritdoc/>
    public IGrouping<TKey, TElement> Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(IGrouping<TKey, TElement>));
        reader.IncrementDepth();
        ElementCount.ReadExact(ref reader, 2, "a group");
        ReceivedGrouping<TKey, TElement> value = new(key.Read(ref reader), _elements.Read(ref reader));
        reader.DecrementDepth();
        return value;
    }
}
