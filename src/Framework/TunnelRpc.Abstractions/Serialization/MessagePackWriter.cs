using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization;

/// <summary>
/// Writes MessagePack values, each in its smallest encoding, into a buffer. Nothing is handed to the buffer until it is full or
/// <see cref="Flush"/> is called, so a writer must be flushed. Pass it by reference. Not thread-safe.
/// </summary>
public ref partial struct MessagePackWriter
{
    private readonly IBufferWriter<byte> _output;

    // Invariant: 0 <= _used <= _span.Length; _span[.._used] is written and not yet advanced over in _output.
    private Span<byte> _span;
    private int _used;
    private int _depth;

    /// <summary>The state of the call that the values belong to; null outside of a call.</summary>
    internal SerializationScope? Scope { get; init; }

    /// <summary>Writes to <paramref name="output"/>, which the writer uses alone until it is flushed.</summary>
    public MessagePackWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>How many bytes were written that the output does not know of yet.</summary>
    internal readonly int UnflushedBytes => _used;

    /// <summary>Hands what was written to the output. The writer may be used again afterwards.</summary>
    public void Flush()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _used = 0;
        }

        _span = default;
    }

    /// <summary>Call before the content of an array, map or object; <see cref="DecrementDepth"/> after it.</summary>
    /// <exception cref="MessagePackException">Deeper than <see cref="MessagePackLimits.MaxDepth"/>: probably the value contains itself.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void IncrementDepth()
    {
        if (++_depth > MessagePackLimits.MaxDepth)
        {
            WriteFailure.ThrowTooDeep();
        }
    }

    /// <summary>Undoes one <see cref="IncrementDepth"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void DecrementDepth() => _depth--;

    /// <summary>Writes bytes that are already one or more MessagePack values. They are not checked.</summary>
    public void WriteRaw(scoped ReadOnlySpan<byte> encoded)
    {
        while (encoded.Length > _span.Length - _used)
        {
            int part = _span.Length - _used;
            encoded[..part].CopyTo(_span[_used..]);
            _used += part;
            encoded = encoded[part..];
            AdvanceAndGetSpan(1);
        }

        encoded.CopyTo(_span[_used..]);
        _used += encoded.Length;
    }

    /// <summary>Takes the next <paramref name="count"/> bytes of the buffer, all of which the caller then writes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte Claim(int count)
    {
        if (_span.Length - _used < count)
        {
            AdvanceAndGetSpan(count);
        }

        ref byte start = ref Unsafe.Add(ref MemoryMarshal.GetReference(_span), _used);
        _used += count;
        return ref start;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AdvanceAndGetSpan(int count)
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _used = 0;
        }

        _span = _output.GetSpan(count);
        if (_span.Length < count)
        {
            // Everything after this writes without bounds checks, so an output that breaks its contract stops here.
            _span = default;
            WriteFailure.ThrowOutputTooSmall(count);
        }
    }
}
