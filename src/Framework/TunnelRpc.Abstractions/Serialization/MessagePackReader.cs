using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization;

/// <summary>
/// Reads MessagePack values from untrusted bytes. Each length and count is checked against the unread bytes before it is used.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Every failure is a <see cref="MessagePackException"/> that states what was expected, what was found and at which offset.
/// The position is undefined after a failure.</item>
/// <item>Pass the reader by reference; a copy keeps its own position, which allows looking ahead.</item>
/// <item>Not thread-safe.</item>
/// </list>
/// </remarks>
[DebuggerDisplay("Position = {Position} of {Length}, NextType = {NextType}")]
public ref partial struct MessagePackReader
{
    private readonly ReadOnlySpan<byte> _input;

    // Invariant: 0 <= _position <= _input.Length.
    private int _position;
    private int _depth;
    private int _skippedBytes;

    /// <summary>The scope of the call that the values belong to; null outside of a call.</summary>
    internal SerializationScope? Scope { get; init; }

    /// <summary>Creates a reader of <paramref name="input"/>, which must not change while the reader is in use.</summary>
    public MessagePackReader(ReadOnlySpan<byte> input) => _input = input;

    /// <summary>The number of bytes, read and unread.</summary>
    public readonly int Length => _input.Length;

    /// <summary>The offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>The number of unread bytes.</summary>
    public readonly int Remaining => _input.Length - _position;

    /// <summary>Whether all bytes have been read.</summary>
    public readonly bool End => _position >= _input.Length;

    /// <summary>The nesting level.</summary>
    internal int Depth
    {
        readonly get => _depth;
        init => _depth = value;
    }

    /// <summary>The bytes of the values that <see cref="Skip"/> has read: nothing that was decoded holds them.</summary>
    internal readonly int SkippedBytes => _skippedBytes;

    /// <summary>The kind of the next value; <see cref="MessagePackType.End"/> if all bytes have been read.</summary>
    public readonly MessagePackType NextType =>
        End ? MessagePackType.End : MessagePackCode.TypeOf(Next);

    /// <summary>
    /// Enters a nesting level. Call it before the content of an array, map or object, and <see cref="DecrementDepth"/> after it.
    /// </summary>
    /// <exception cref="MessagePackException">The depth exceeds <see cref="MessagePackLimits.MaxDepth"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void IncrementDepth()
    {
        if (++_depth > MessagePackLimits.MaxDepth)
        {
            ReadFailure.ThrowTooDeep(_position);
        }
    }

    /// <summary>Leaves a nesting level: reverses one <see cref="IncrementDepth"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void DecrementDepth() => _depth--;

    /// <summary>Reads the next value if it is nil. Otherwise returns false and reads nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadNil()
    {
        if (!End && Next == MessagePackCode.Nil)
        {
            _position++;
            return true;
        }

        return false;
    }

    /// <summary>Reads nil.</summary>
    /// <exception cref="MessagePackException">The next value is not nil.</exception>
    public void ReadNil()
    {
        if (!TryReadNil())
        {
            ReadFailure.ThrowUnexpected("nil", _input, _position);
        }
    }

    /// <summary>Reads false or true.</summary>
    /// <exception cref="MessagePackException">The next value is not a boolean.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBoolean()
    {
        // The codes of false and true differ only in the lowest bit.
        if (End || (Next & ~1) != MessagePackCode.False)
        {
            ReadFailure.ThrowUnexpected("a boolean", _input, _position);
        }

        bool value = Next == MessagePackCode.True;
        _position++;
        return value;
    }

    /// <summary>Reads one value of any kind and returns its bytes without copying them. Strings are not validated as UTF-8.</summary>
    /// <exception cref="MessagePackException">The value is incomplete or malformed.</exception>
    public ReadOnlySpan<byte> ReadRaw()
    {
        int start = _position;
        SkipValue();
        return _input[start.._position];
    }

    /// <summary>Reads an encoded value if it comes next, in exactly this encoding. Otherwise returns false and reads nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryReadRaw(ReadOnlySpan<byte> encoded)
    {
        if (_input[_position..].StartsWith(encoded))
        {
            _position += encoded.Length;
            return true;
        }

        return false;
    }

    /// <summary>
    /// Skips one value of any kind. The time is linear in the number of bytes. Nesting uses no stack, so the depth limit does not apply.
    /// Strings are not validated as UTF-8.
    /// </summary>
    /// <exception cref="MessagePackException">The value is incomplete or malformed.</exception>
    public void Skip()
    {
        int start = _position;
        SkipValue();
        _skippedBytes += _position - start;
    }

    private void SkipValue()
    {
        const string Expected = "a value";
        for (long pending = 1; pending > 0; pending--)
        {
            byte code = Peek(Expected);
            switch (MessagePackCode.TypeOf(code))
            {
                case MessagePackType.Nil or MessagePackType.Boolean:
                    _position++;
                    break;
                case MessagePackType.Integer or MessagePackType.Float:
                    ReadBlock(Expected, 1, PayloadSize(code));
                    break;
                case MessagePackType.String or MessagePackType.Binary:
                    ReadBytes(Expected);
                    break;
                case MessagePackType.Extension:
                    ReadExtension(out _);
                    break;
                case MessagePackType.Array:
                    pending += ReadArrayHeader();
                    break;
                case MessagePackType.Map:
                    pending += 2L * ReadMapHeader();
                    break;
                default:
                    ReadFailure.ThrowUnexpected(Expected, _input, _position);
                    break;
            }

            if (pending - 1 > Remaining)
            {
                ReadFailure.ThrowCountTooLarge(Expected, pending - 1, Remaining, _position);
            }
        }
    }

    /// <summary>The next byte. The caller has checked that there is one.</summary>
    private readonly byte Next => Unsafe.Add(ref MemoryMarshal.GetReference(_input), _position);

    /// <summary>Advances over a header and a block and returns the block. The caller has checked that both are complete.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> ReadBlockUnchecked(int header, int length)
    {
        ref byte block = ref Unsafe.Add(ref MemoryMarshal.GetReference(_input), _position + header);
        _position += header + length;
        return MemoryMarshal.CreateReadOnlySpan(ref block, length);
    }

    /// <summary>Returns the next byte without reading it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly byte Peek(string expected)
    {
        if (End)
        {
            ReadFailure.ThrowUnexpected(expected, _input, _position);
        }

        return Next;
    }

    /// <summary>
    /// Advances over a header of <paramref name="header"/> bytes and returns the <paramref name="length"/> bytes after it. The caller has
    /// checked that the header is complete.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> ReadBlock(string expected, int header, long length)
    {
        int available = _input.Length - _position - header;
        if (length > available)
        {
            ReadFailure.ThrowTruncated(expected, length, available, _position);
        }

        return ReadBlockUnchecked(header, (int)length);
    }

    /// <summary>
    /// Returns the unsigned integer of <paramref name="width"/> bytes (1, 2 or 4) that follows the code byte, without reading it.
    /// </summary>
    private readonly uint PeekHeaderInteger(string expected, int width)
    {
        ReadOnlySpan<byte> rest = _input[(_position + 1)..];
        if (rest.Length < width)
        {
            ReadFailure.ThrowTruncated($"the header of {expected}", width + 1, rest.Length + 1, _position);
        }

        return width switch
        {
            1 => rest[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest),
            _ => BinaryPrimitives.ReadUInt32BigEndian(rest),
        };
    }

    // The number of bytes after the code of an integer or a float.
    private static int PayloadSize(byte code) => code switch
    {
        MessagePackCode.UInt8 or MessagePackCode.Int8 => 1,
        MessagePackCode.UInt16 or MessagePackCode.Int16 => 2,
        MessagePackCode.UInt32 or MessagePackCode.Int32 or MessagePackCode.Float32 => 4,
        MessagePackCode.UInt64 or MessagePackCode.Int64 or MessagePackCode.Float64 => 8,
        _ => 0,
    };
}
