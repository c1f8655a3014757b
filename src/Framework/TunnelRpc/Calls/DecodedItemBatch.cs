using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Items that may contain references. The reader decodes them, because references must be resolved in the order in which they arrive and
/// before the peer releases them.
/// </summary>
internal sealed class DecodedItemBatch<TItem> : ItemBatch<TItem>
{
    // Bytes: the size of the message for its last item, 0 for each other item.
    private readonly List<(TItem Item, int Bytes)> _items = [];
    private int _nextIndex;

    // The failure of the item after them, which cannot be decoded; null when there is none.
    private Exception? _decodeError;

    public override int BufferBytes => 0;

    public override bool IsEmpty => _nextIndex == _items.Count && _decodeError is null;

    /// <summary>Decodes the items of one message. Runs code of the application, so the caller holds no lock.</summary>
    public static DecodedItemBatch<TItem> Decode(ReadOnlySpan<byte> body, ITunnelFormatter<TItem> formatter, ReferenceScope references)
    {
        var batch = new DecodedItemBatch<TItem>();
        var reader = new MessagePackReader(body) { Scope = references };
        try
        {
            while (!reader.End)
            {
                int before = reader.Position;
                TItem item = formatter.Read(ref reader);
                ThrowIfNothingRead(formatter, reader.Position - before);
                batch._items.Add((item, reader.End ? body.Length : 0));
            }
        }
        catch (Exception error)
        {
            // Any exception, also of constructors and setters of the item type. The consumer gets it after the items before.
            batch._decodeError = error;
        }

        return batch;
    }

    public override void Add(ReadOnlySpan<byte> body, DecodedItemBatch<TItem>? decoded)
    {
        if (_decodeError is null)
        {
            _items.AddRange(decoded!._items);
            _decodeError = decoded._decodeError;
        }
    }

    public override TItem Take(out int completedMessageBytes)
    {
        if (_nextIndex == _items.Count)
        {
            throw _decodeError!;
        }

        (TItem item, completedMessageBytes) = _items[_nextIndex];
        _items[_nextIndex++] = default;
        return item;
    }

    public override void Clear()
    {
        _items.Clear();
        _decodeError = null;
        _nextIndex = 0;
    }

    public override void ClearAndTrim()
    {
        Clear();
        _items.Capacity = 0;
    }

    public override void ClearAndDropBuffer() => ClearAndTrim();
}
