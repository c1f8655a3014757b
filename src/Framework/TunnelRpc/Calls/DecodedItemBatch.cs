using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Elements that hold references: those are exchanged in the order in which they came, while they are held, so the reader decodes them.</summary>
internal sealed class DecodedItemBatch<TItem> : ItemBatch<TItem>
{
    // With how many bytes of the message are taken with each: all of them with the last one.
    private readonly List<(TItem Item, int Bytes)> _items = [];
    private int _next;

    // What came behind them and cannot be decoded.
    private Exception? _unreadable;

    public override int Held => 0;

    public override bool IsEmpty => _next == _items.Count && _unreadable is null;

    /// <summary>Those of one message. Runs code of the application's: under no lock.</summary>
    public static DecodedItemBatch<TItem> Of(ReadOnlySpan<byte> body, ITunnelFormatter<TItem> formatter, ReferenceScope references)
    {
        var batch = new DecodedItemBatch<TItem>();
        var reader = new MessagePackReader(body) { Scope = references };
        try
        {
            while (!reader.End)
            {
                int before = reader.Position;
                TItem item = formatter.Read(ref reader);
                CheckRead(formatter, reader.Position - before);
                batch._items.Add((item, reader.End ? body.Length : 0));
            }
        }
        catch (Exception error)
        {
            // Also what the elements' own constructors throw: the consumer's, behind what came before.
            batch._unreadable = error;
        }

        return batch;
    }

    public override void Add(ReadOnlySpan<byte> body, DecodedItemBatch<TItem>? decoded)
    {
        if (_unreadable is null)
        {
            _items.AddRange(decoded!._items);
            _unreadable = decoded._unreadable;
        }
    }

    public override TItem Take(out int bytes)
    {
        if (_next == _items.Count)
        {
            throw _unreadable!;
        }

        (TItem item, bytes) = _items[_next];
        _items[_next++] = default;
        return item;
    }

    public override void Clear()
    {
        _items.Clear();
        _unreadable = null;
        _next = 0;
    }

    public override void Release()
    {
        Clear();
        _items.Capacity = 0;
    }

    public override void Abandon() => Release();
}
