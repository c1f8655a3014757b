using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace TunnelRpc.Serialization;

public ref partial struct MessagePackReader
{
    private const string ExpectedString = "a string";
    private const string ExpectedArray = "an array";
    private const string ExpectedMap = "a map";
    private const string ExpectedExtension = "an extension";
    private const string ExpectedTimestamp = "a timestamp (extension type -1)";
    private const int NanosecondsPerTick = 100;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a string. Nil is an error.</summary>
    /// <exception cref="MessagePackException">The next value is not a string, or it is not valid UTF-8.</exception>
    public string ReadString()
    {
        ReadOnlySpan<byte> utf8 = ReadUtf8();

        // Fast path: ASCII needs neither the count of characters nor the replacement checks of the encoding.
        if (Ascii.IsValid(utf8))
        {
            return string.Create(utf8.Length, utf8, static (chars, bytes) => Ascii.ToUtf16(bytes, chars, out _));
        }

        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            ReadFailure.ThrowInvalidUtf8(_position - utf8.Length);
            return string.Empty;
        }
    }

    /// <summary>Reads a string, or null if the next value is nil.</summary>
    /// <exception cref="MessagePackException">The next value is neither a string nor nil, or it is not valid UTF-8.</exception>
    public string? ReadNullableString() => TryReadNil() ? null : ReadString();

    /// <summary>
    /// Reads a string and returns its bytes without copying them, for comparison with known UTF-8. The bytes are not validated as UTF-8.
    /// </summary>
    /// <exception cref="MessagePackException">The next value is not a string.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadUtf8()
    {
        int available = _input.Length - _position - 1;
        if (available >= 0)
        {
            // XOR with the fixed bits turns the code of a fixstr into its length, and every other code into a number above the maximum
            // length.
            int length = Next ^ MessagePackCode.FixStr;
            if (length <= MessagePackCode.MaxFixStr && length <= available)
            {
                return ReadBlockUnchecked(1, length);
            }
        }

        return ReadLongUtf8();
    }

    /// <summary>
    /// Reads binary data and returns its bytes without copying them. A string is accepted as well, as its UTF-8 bytes: the first version
    /// of the specification had no binary data, and some writers still send it as a string.
    /// </summary>
    /// <exception cref="MessagePackException">The next value is neither binary data nor a string.</exception>
    public ReadOnlySpan<byte> ReadBinary()
    {
        const string Expected = "binary data";
        if (NextType is not (MessagePackType.Binary or MessagePackType.String))
        {
            ReadFailure.ThrowUnexpected(Expected, _input, _position);
        }

        return ReadBytes(Expected);
    }

    /// <summary>Reads binary data as <see cref="ReadBinary"/> does, and copies it to a new array.</summary>
    internal byte[] ReadBinaryArray()
    {
        ReadOnlySpan<byte> data = ReadBinary();
        if (data.IsEmpty)
        {
            return [];
        }

        // The copy overwrites the whole array, so it need not be cleared.
        byte[] array = GC.AllocateUninitializedArray<byte>(data.Length);
        data.CopyTo(array);
        return array;
    }

    /// <summary>
    /// Reads the header of an array and returns the number of elements that follow. It is at most the number of unread bytes.
    /// </summary>
    /// <exception cref="MessagePackException">The next value is not an array, or it claims more elements than there are bytes.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadArrayHeader()
    {
        byte code = Peek(ExpectedArray);
        int count = (code & 0xf0) == MessagePackCode.FixArray ? code & MessagePackCode.MaxFixCount : -1;
        if ((uint)count < (uint)Remaining)
        {
            _position++;
            return count;
        }

        return (int)ReadCount(ExpectedArray, count, MessagePackCode.Array16, bytesPerElement: 1);
    }

    /// <summary>
    /// Reads the header of a map and returns the number of pairs that follow. It is at most half the number of unread bytes.
    /// </summary>
    /// <exception cref="MessagePackException">The next value is not a map, or it claims more pairs than half of the bytes.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadMapHeader()
    {
        byte code = Peek(ExpectedMap);
        int count = (code & 0xf0) == MessagePackCode.FixMap ? code & MessagePackCode.MaxFixCount : -1;
        if (count >= 0 && 2 * count < Remaining)
        {
            _position++;
            return count;
        }

        return (int)ReadCount(ExpectedMap, count, MessagePackCode.Map16, bytesPerElement: 2);
    }

    /// <summary>Reads an extension value and returns its data without copying it.</summary>
    /// <param name="type">The extension type.</param>
    /// <exception cref="MessagePackException">The next value is not an extension.</exception>
    public ReadOnlySpan<byte> ReadExtension(out sbyte type)
    {
        byte code = Peek(ExpectedExtension);
        int width = code is >= MessagePackCode.FixExt1 and <= MessagePackCode.FixExt16
            ? 0
            : LengthFieldSize(code - MessagePackCode.Ext8, ExpectedExtension);
        long length = width == 0 ? 1 << (code - MessagePackCode.FixExt1) : PeekHeaderInteger(ExpectedExtension, width);

        // The type is one byte between the length and the data.
        ReadOnlySpan<byte> typeAndData = ReadBlock(ExpectedExtension, 1 + width, length + 1);
        type = (sbyte)typeAndData[0];
        return typeAndData[1..];
    }

    /// <summary>
    /// Reads the timestamp extension in any of its three formats and returns it in UTC. The precision is truncated to 100 ns.
    /// </summary>
    /// <exception cref="MessagePackException">
    /// The next value is not a timestamp, or it is outside of the years 1 to 9999 that <see cref="DateTime"/> supports.
    /// </exception>
    public DateTime ReadTimestamp()
    {
        const long MinSeconds = -62_135_596_800; // 0001-01-01T00:00:00Z
        const long MaxSeconds = 253_402_300_799; // 9999-12-31T23:59:59Z
        int start = _position;
        ReadTimestamp(out long seconds, out uint nanoseconds);
        if (seconds is < MinSeconds or > MaxSeconds)
        {
            ReadFailure.ThrowOutOfRange("a timestamp in the years 1 to 9999", $"{seconds} seconds from 1970", start);
        }

        return DateTime.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / NanosecondsPerTick));
    }

    /// <summary>
    /// Reads the timestamp extension in any of its three formats, with the full range and precision of the specification, which exceed
    /// those of <see cref="DateTime"/>.
    /// </summary>
    /// <param name="seconds">Whole seconds since 1970-01-01T00:00:00Z, rounded down.</param>
    /// <param name="nanoseconds">The nanoseconds within the second, 0 to 999,999,999.</param>
    /// <exception cref="MessagePackException">The next value is not a timestamp.</exception>
    public void ReadTimestamp(out long seconds, out uint nanoseconds)
    {
        int start = _position;
        if (NextType != MessagePackType.Extension)
        {
            ReadFailure.ThrowUnexpected(ExpectedTimestamp, _input, _position);
        }

        ReadOnlySpan<byte> data = ReadExtension(out sbyte type);
        if (type != MessagePackCode.TimestampExtension)
        {
            ReadFailure.ThrowOutOfRange(ExpectedTimestamp, $"an extension of type {type}", start);
        }

        seconds = 0;
        nanoseconds = 0;
        switch (data.Length)
        {
            case 4:
                seconds = BinaryPrimitives.ReadUInt32BigEndian(data);
                break;
            case 8:
                ulong both = BinaryPrimitives.ReadUInt64BigEndian(data);
                nanoseconds = (uint)(both >> 34);
                seconds = (long)(both & 0x3_ffff_ffff);
                break;
            case 12:
                nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(data);
                seconds = BinaryPrimitives.ReadInt64BigEndian(data[4..]);
                break;
            default:
                ReadFailure.ThrowOutOfRange("a timestamp of 4, 8 or 12 bytes", $"one of {data.Length}", start);
                break;
        }

        if (nanoseconds > MessagePackCode.MaxNanoseconds)
        {
            ReadFailure.ThrowOutOfRange("a timestamp with less than a second of nanoseconds", $"{nanoseconds} nanoseconds", start);
        }
    }

    /// <summary>The slow path of <see cref="ReadUtf8"/>: longer strings, truncated strings and other values.</summary>
    private ReadOnlySpan<byte> ReadLongUtf8()
    {
        byte code = Peek(ExpectedString);
        if ((code & 0xe0) != MessagePackCode.FixStr && code is < MessagePackCode.Str8 or > MessagePackCode.Str32)
        {
            ReadFailure.ThrowUnexpected(ExpectedString, _input, _position);
        }

        return ReadBytes(ExpectedString);
    }

    /// <summary>Reads the bytes of a string or of binary data. The caller has checked that the code is one of them.</summary>
    private ReadOnlySpan<byte> ReadBytes(string expected)
    {
        byte code = _input[_position];
        if ((code & 0xe0) == MessagePackCode.FixStr)
        {
            return ReadBlock(expected, 1, code & MessagePackCode.MaxFixStr);
        }

        int width = LengthFieldSize(code >= MessagePackCode.Str8 ? code - MessagePackCode.Str8 : code - MessagePackCode.Bin8, expected);
        return ReadBlock(expected, 1 + width, PeekHeaderInteger(expected, width));
    }

    /// <summary>Returns the size of the length field, in bytes. Each kind has three formats, with a length of 8, 16 or 32 bits.</summary>
    private readonly int LengthFieldSize(int index, string expected)
    {
        if (index is < 0 or > 2)
        {
            ReadFailure.ThrowUnexpected(expected, _input, _position);
        }

        return 1 << index;
    }

    /// <summary>
    /// The slow path of array and map headers: a count of 16 or 32 bits (<paramref name="count"/> is -1), or a count in the code byte that
    /// exceeds the unread bytes.
    /// </summary>
    private long ReadCount(string expected, long count, byte code16, int bytesPerElement)
    {
        int header = 1;
        if (count < 0)
        {
            int index = _input[_position] - code16;
            if (index is < 0 or > 1)
            {
                ReadFailure.ThrowUnexpected(expected, _input, _position);
            }

            header = 3 + (2 * index);
            count = PeekHeaderInteger(expected, header - 1);
        }

        if (count * bytesPerElement > Remaining - header)
        {
            ReadFailure.ThrowCountTooLarge(expected, count, Remaining - header, _position);
        }

        _position += header;
        return count;
    }
}
