using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization;

/// <summary>
/// Writes MessagePack values to a buffer, each in its smallest encoding.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Bytes are committed to the buffer when its current span is full and by <see cref="Flush"/>, so a writer must be flushed.</item>
/// <item>Pass the writer by reference.</item>
/// <item>Not thread-safe.</item>
/// </list>
/// </remarks>
[DebuggerDisplay("UnflushedBytes = {UnflushedBytes}, Depth = {_depth}")]
public ref partial struct MessagePackWriter
{
    private readonly IBufferWriter<byte> _output;

    // Invariant: 0 <= _used <= _span.Length. _span[.._used] is written and not yet committed to _output.
    private Span<byte> _span;
    private int _used;
    private int _depth;

    /// <summary>The scope of the call that the values belong to; null outside of a call.</summary>
    internal SerializationScope? Scope { get; init; }

    /// <summary>Creates a writer to <paramref name="output"/>. Do not use the output otherwise before the writer is flushed.</summary>
    public MessagePackWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>The output. Flush the writer before the output is used otherwise.</summary>
    internal readonly IBufferWriter<byte> Output => _output;

    /// <summary>The nesting level.</summary>
    internal int Depth
    {
        readonly get => _depth;
        init => _depth = value;
    }

    /// <summary>The number of written bytes that are not yet committed to the output.</summary>
    internal readonly int UnflushedBytes => _used;

    /// <summary>Commits the written bytes to the output. The writer may be used again afterwards.</summary>
    public void Flush()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _used = 0;
        }

        _span = default;
    }

    /// <summary>
    /// Enters a nesting level. Call it before the content of an array, map or object, and <see cref="DecrementDepth"/> after it.
    /// </summary>
    /// <exception cref="MessagePackException">
    /// The depth exceeds <see cref="MessagePackLimits.MaxDepth"/>. The usual cause is a value that contains itself.
    /// </exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void IncrementDepth()
    {
        if (++_depth > MessagePackLimits.MaxDepth)
        {
            WriteFailure.ThrowTooDeep();
        }
    }

    /// <summary>Leaves a nesting level: reverses one <see cref="IncrementDepth"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void DecrementDepth() => _depth--;

    /// <summary>Writes bytes that are one or more encoded MessagePack values. They are not validated.</summary>
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

    /// <summary>Reserves the next <paramref name="count"/> bytes of the buffer. The caller writes all of them.</summary>
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
            // The callers write without bounds checks, so an output that returns too small a span must fail here.
            _span = default;
            WriteFailure.ThrowOutputTooSmall(count);
        }
    }
}
