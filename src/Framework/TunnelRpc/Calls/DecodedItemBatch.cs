using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Items that may contain references. The reader decodes them, because references must be resolved in the order in which they arrive and
/// before the peer releases them.
/// </summary>
/// <param name="references">The references of the call.</param>
internal sealed class DecodedItemBatch<TItem>(CallReferences references) : ItemBatch<TItem>
{
    // Bytes: the size of the message for its last item, 0 for each other item. References: those in the item; null for none.
    private readonly List<(TItem Item, int Bytes, IReadOnlyList<ImportedReference>? References)> _items = [];
    private int _nextIndex;

    // The failure of the item after them, which cannot be decoded; null when there is none.
    private Exception? _decodeError;

    public override int BufferBytes => 0;

    public override bool IsEmpty => _nextIndex == _items.Count && _decodeError is null;

    /// <summary>Decodes the items of one message. Runs code of the application, so the caller holds no lock.</summary>
    public static DecodedItemBatch<TItem> Decode(ReadOnlySpan<byte> body, ITunnelFormatter<TItem> formatter, CallReferences references)
    {
        var batch = new DecodedItemBatch<TItem>(references);
        var reader = new MessagePackReader(body) { Scope = references };
        int before = 0;
        try
        {
            while (!reader.End)
            {
                before = reader.Position;
                TItem item = formatter.Read(ref reader);
                ThrowIfNothingRead(formatter, reader.Position - before);
                references.OnItemDecoded();
                batch._items.Add((item, reader.End ? body.Length : 0, references.TakeImported()));
            }
        }
        catch (Exception error)
        {
            // Any exception, also of constructors and setters of the item type. The consumer gets it after the items before.
            batch._decodeError = error is MessagePackException unreadable ? ValuePath.AddTo(unreadable, body, start: before) : error;
            references.OnItemUnreadable();
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
        else
        {
            decoded!.Clear();
        }
    }

    public override TItem Take(out int completedMessageBytes)
    {
        if (_nextIndex == _items.Count)
        {
            throw _decodeError!;
        }

        (TItem item, completedMessageBytes, IReadOnlyList<ImportedReference>? taken) = _items[_nextIndex];
        _items[_nextIndex++] = default;
        if (taken is not null)
        {
            references.OnItemTaken(taken);
        }

        return item;
    }

    public override void Clear()
    {
        // The references of items that were not taken are not waited for: dropping them is all that is allowed under the queue's lock.
        for (int i = _nextIndex; i < _items.Count; i++)
        {
            foreach (ImportedReference reference in _items[i].References ?? [])
            {
                reference.Drop();
            }
        }

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
