using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Elements as they have come: who takes one decodes it. So the reader runs no code of the application's, an element lives no longer than
/// the consumer has it, and what waits is no larger than it was on the way.
/// </summary>
internal sealed class EncodedItemBatch<TItem>(ITunnelFormatter<TItem> formatter) : ItemBatch<TItem>
{
    /// <summary>What a stream keeps that was busy once.</summary>
    private const int KeptSize = 32 << 10;

    /// <summary>How often more is kept though less was needed: a busy stream needs little now and then.</summary>
    private const int PatientRounds = 64;

    private const int LeastSize = 256;

    private byte[] _bytes = [];
    private int _length;

    // Where each message ends: no element goes beyond.
    private readonly List<int> _ends = [];

    // How far the elements are taken: bytes, messages; and where the current message began.
    private int _next;
    private int _message;
    private int _messageStart;

    // How often in succession no more was needed than what is kept.
    private int _smallRounds;

    public override bool IsEmpty => _message == _ends.Count;

    public override void Add(ReadOnlySpan<byte> body, DecodedItemBatch<TItem>? decoded)
    {
        if (_bytes.Length - _length < body.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(Math.Max(LeastSize, _bytes.Length * 2), _length + body.Length));
            _bytes.AsSpan(0, _length).CopyTo(larger);
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
        _next += reader.Position;
        bytes = 0;
        if (_next == end)
        {
            bytes = end - _messageStart;
            _messageStart = end;
            _message++;
        }
        else if (reader.Position == 0)
        {
            // It would give elements for ever.
            throw new MessagePackException($"Expected {formatter.GetType()} to read an element, it read nothing.");
        }

        return item;
    }

    public override void Clear()
    {
        _smallRounds = _length > KeptSize ? 0 : _smallRounds + 1;
        if (_smallRounds > PatientRounds && _bytes.Length > KeptSize)
        {
            _bytes = [];
        }

        _ends.Clear();
        _length = _next = _message = _messageStart = 0;
    }
}
