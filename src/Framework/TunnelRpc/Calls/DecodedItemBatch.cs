using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Elements that hold references: those are exchanged in the order in which they came, while they are held, so the reader decodes them.
/// </summary>
internal sealed class DecodedItemBatch<TItem> : ItemBatch<TItem>
{
    // With how many bytes of the message are taken with each: all of them with the last one.
    private readonly List<(TItem Item, int Bytes)> _items = [];
    private int _nextIndex;

    // What came behind them and cannot be decoded.
    private Exception? _decodeError;

    public override int BufferBytes => 0;

    public override bool IsEmpty => _nextIndex == _items.Count && _decodeError is null;

    /// <summary>Those of one message. Runs code of the application's: under no lock.</summary>
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
            // Also what the elements' own constructors throw: the consumer's, behind what came before.
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
