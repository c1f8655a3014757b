using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TunnelRpc.Serialization;

/// <summary>
/// Reads MessagePack values from bytes that nobody vouches for: each length is checked against the bytes at hand before it is believed.
/// Every failure is a <see cref="MessagePackException"/> that says what was expected, what came and at which offset; after one, the
/// position means nothing. Pass it by reference. Not thread-safe.
/// </summary>
public ref partial struct MessagePackReader
{
    private readonly ReadOnlySpan<byte> _input;

    // Invariant: 0 <= _position <= _input.Length.
    private int _position;
    private int _depth;

    /// <summary>The state of the call that the values belong to; null outside of a call.</summary>
    internal SerializationScope? Scope { get; init; }

    /// <summary>Reads from <paramref name="input"/>, which must not change meanwhile.</summary>
    public MessagePackReader(ReadOnlySpan<byte> input) => _input = input;

    /// <summary>How many bytes there are, read and unread.</summary>
    public readonly int Length => _input.Length;

    /// <summary>The offset of the next byte.</summary>
    public readonly int Position => _position;

    /// <summary>How many bytes are unread.</summary>
    public readonly int Remaining => _input.Length - _position;

    /// <summary>Whether all bytes were read.</summary>
    public readonly bool End => _position >= _input.Length;

    /// <summary>The kind of the next value.</summary>
    public readonly MessagePackType NextType =>
        End ? MessagePackType.End : MessagePackCode.TypeOf(Next);

    /// <summary>Call before the content of an array, map or object; <see cref="DecrementDepth"/> after it.</summary>
    /// <exception cref="MessagePackException">Deeper than <see cref="MessagePackLimits.MaxDepth"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void IncrementDepth()
    {
        if (++_depth > MessagePackLimits.MaxDepth)
        {
            ReadFailure.ThrowTooDeep(_position);
        }
    }

    /// <summary>Undoes one <see cref="IncrementDepth"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void DecrementDepth() => _depth--;

    /// <summary>Reads nil if that is what comes.</summary>
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
    public void ReadNil()
    {
        if (!TryReadNil())
        {
            ReadFailure.ThrowUnexpected("nil", _input, _position);
        }
    }

    /// <summary>Reads false or true.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBoolean()
    {
        // True is false with the lowest bit set.
        if (End || (Next & ~1) != MessagePackCode.False)
        {
            ReadFailure.ThrowUnexpected("a boolean", _input, _position);
        }

        bool value = Next == MessagePackCode.True;
        _position++;
        return value;
    }

    /// <summary>Reads one value of any kind and returns its bytes. Text in it is not checked to be UTF-8.</summary>
    public ReadOnlySpan<byte> ReadRaw()
    {
        int start = _position;
        Skip();
        return _input[start.._position];
    }

    /// <summary>
    /// Reads one value of any kind and forgets it. The time is linear in its bytes and no stack is used however deep it nests, so
    /// the depth limit does not apply. Text in it is not checked to be UTF-8.
    /// </summary>
    public void Skip()
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

    /// <summary>The next byte, known to be there.</summary>
    private readonly byte Next => Unsafe.Add(ref MemoryMarshal.GetReference(_input), _position);

    /// <summary>Passes a header and a block, both known to be there, and returns the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> ReadBlockUnchecked(int header, int length)
    {
        ref byte block = ref Unsafe.Add(ref MemoryMarshal.GetReference(_input), _position + header);
        _position += header + length;
        return MemoryMarshal.CreateReadOnlySpan(ref block, length);
    }

    /// <summary>The next byte, which stays unread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly byte Peek(string expected)
    {
        if (End)
        {
            ReadFailure.ThrowUnexpected(expected, _input, _position);
        }

        return Next;
    }

    /// <summary>Passes a header of <paramref name="header"/> bytes, known to be there, and returns the <paramref name="length"/> bytes after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> ReadBlock(string expected, int header, long length)
    {
        int left = _input.Length - _position - header;
        if (length > left)
        {
            ReadFailure.ThrowTruncated(expected, length, left, _position);
        }

        return ReadBlockUnchecked(header, (int)length);
    }

    /// <summary>The unsigned integer of <paramref name="width"/> bytes (1, 2 or 4) that follows the code byte.</summary>
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

    // Bytes after the code of an integer or a float.
    private static int PayloadSize(byte code) => code switch
    {
        MessagePackCode.UInt8 or MessagePackCode.Int8 => 1,
        MessagePackCode.UInt16 or MessagePackCode.Int16 => 2,
        MessagePackCode.UInt32 or MessagePackCode.Int32 or MessagePackCode.Float32 => 4,
        MessagePackCode.UInt64 or MessagePackCode.Int64 or MessagePackCode.Float64 => 8,
        _ => 0,
    };
}
