using System.Buffers;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Items in their encoded form; the consumer decodes an item when it takes it. So the reader runs no code of the application, an item lives
/// only while the consumer uses it, and the memory of waiting items is about their encoded size.
/// </summary>
internal sealed class EncodedItemBatch<TItem>(ITunnelFormatter<TItem> formatter) : ItemBatch<TItem>
{
    /// <summary>The largest buffer that <see cref="ClearAndTrim"/> keeps, in bytes.</summary>
    private const int MaxRetainedBytes = 32 << 10;

    private const int MinBufferBytes = 256;

    // Rented from ArrayPool.Shared; empty when there is none.
    private byte[] _buffer = [];
    private int _length;

    // The end offset of each message. No item extends beyond its message.
    private readonly List<int> _messageEnds = [];

    // The position of the next item: its offset, the index of its message, and the start offset of that message.
    private int _readOffset;
    private int _messageIndex;
    private int _messageStart;

    public override int BufferBytes => _buffer.Length;

    public override bool IsEmpty => _messageIndex == _messageEnds.Count;

    public override void Add(ReadOnlySpan<byte> body, DecodedItemBatch<TItem>? decoded)
    {
        if (_buffer.Length - _length < body.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(MinBufferBytes, _length + body.Length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ReturnBuffer();
            _buffer = larger;
        }

        body.CopyTo(_buffer.AsSpan(_length));
        _length += body.Length;
        _messageEnds.Add(_length);
    }

    public override TItem Take(out int completedMessageBytes)
    {
        int end = _messageEnds[_messageIndex];
        var reader = new MessagePackReader(_buffer.AsSpan(_readOffset, end - _readOffset));
        TItem item;
        try
        {
            item = formatter.Read(ref reader);
        }
        catch (MessagePackException error)
        {
            throw ValuePath.AddTo(error, _buffer.AsSpan(_readOffset, end - _readOffset));
        }

        ThrowIfNothingRead(formatter, reader.Position);
        _readOffset += reader.Position;
        completedMessageBytes = 0;
        if (_readOffset == end)
        {
            completedMessageBytes = end - _messageStart;
            _messageStart = end;
            _messageIndex++;
        }

        return item;
    }

    public override void Clear()
    {
        _messageEnds.Clear();
        _length = _readOffset = _messageIndex = _messageStart = 0;
    }

    public override void ClearAndTrim()
    {
        Clear();
        if (_buffer.Length > MaxRetainedBytes)
        {
            ReturnBuffer();
        }

        if (_messageEnds.Capacity > MaxRetainedBytes / sizeof(int))
        {
            _messageEnds.Capacity = 0;
        }
    }

    public override void ClearAndDropBuffer()
    {
        Clear();
        _buffer = [];
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
