using System.Buffers;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Elements as they have come: who takes one decodes it. So the reader runs no code of the application's, an element lives no longer than
/// the consumer has it, and what waits is about as large as it was on the way.
/// </summary>
internal sealed class EncodedItemBatch<TItem>(ITunnelFormatter<TItem> formatter) : ItemBatch<TItem>
{
    /// <summary>What a stream keeps that has no elements.</summary>
    private const int KeptSize = 32 << 10;

    private const int LeastSize = 256;

    // Pooled.
    private byte[] _bytes = [];
    private int _length;

    // Where each message ends: no element goes beyond.
    private readonly List<int> _ends = [];

    // How far the elements are taken: bytes, messages; and where the current message began.
    private int _next;
    private int _message;
    private int _messageStart;

    public override int Held => _bytes.Length;

    public override bool IsEmpty => _message == _ends.Count;

    public override void Add(ReadOnlySpan<byte> body, DecodedItemBatch<TItem>? decoded)
    {
        if (_bytes.Length - _length < body.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(LeastSize, _length + body.Length));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            Return();
            _bytes = larger;
        }

        body.CopyTo(_bytes.AsSpan(_length));
        _length += body.Length;
        _ends.Add(_length);
    }

    public override TItem Take(out int bytes)
    {
        int end = _ends[_message];
        var reader = new MessagePackReader(_bytes.AsSpan(_next, end - _next));
        TItem item = formatter.Read(ref reader);
        CheckRead(formatter, reader.Position);
        _next += reader.Position;
        bytes = 0;
        if (_next == end)
        {
            bytes = end - _messageStart;
            _messageStart = end;
            _message++;
        }

        return item;
    }

    public override void Clear()
    {
        _ends.Clear();
        _length = _next = _message = _messageStart = 0;
    }

    public override void Release()
    {
        Clear();
        if (_bytes.Length > KeptSize)
        {
            Return();
        }

        if (_ends.Capacity > KeptSize / sizeof(int))
        {
            _ends.Capacity = 0;
        }
    }

    public override void Abandon()
    {
        Clear();
        _bytes = [];
    }

    private void Return()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
