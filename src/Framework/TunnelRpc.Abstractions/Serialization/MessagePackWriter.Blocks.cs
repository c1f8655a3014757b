using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace TunnelRpc.Serialization;

public ref partial struct MessagePackWriter
{
    // A string of at most this length is transcoded in one pass into a span of the maximum size. A longer one is measured first.
    private const int OnePassChars = 1024;
    private const int MaxHeader = 5;
    private const long NanosecondsPerTick = 100;

    /// <summary>Writes a string, or nil for null.</summary>
    /// <exception cref="MessagePackException">The string contains a lone surrogate, which UTF-8 cannot represent.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(string? value)
    {
        if (value is null)
        {
            WriteNil();
        }
        else
        {
            WriteString(value);
        }
    }

    /// <summary>Writes a string.</summary>
    /// <exception cref="MessagePackException">The string contains a lone surrogate, which UTF-8 cannot represent.</exception>
    public void WriteString(scoped ReadOnlySpan<char> value)
    {
        // Fast path for short ASCII strings: one byte for each character, so that the header and the size are exact.
        if (value.Length <= MessagePackCode.MaxFixStr)
        {
            Span<byte> small = MemoryMarshal.CreateSpan(ref Claim(1 + value.Length), 1 + value.Length);
            if (Ascii.FromUtf16(value, small[1..], out _) == OperationStatus.Done)
            {
                small[0] = (byte)(MessagePackCode.FixStr | value.Length);
                return;
            }

            _used -= small.Length;
        }

        int maxBytes = value.Length <= OnePassChars ? value.Length * 3 : Encoding.UTF8.GetByteCount(value);
        Span<byte> target = MemoryMarshal.CreateSpan(ref Claim(MaxHeader + maxBytes), MaxHeader + maxBytes);

        // The size of the header depends on the byte count, which is known only after transcoding. The estimate is exact for ASCII.
        int header = StringHeaderSize(value.Length <= OnePassChars ? value.Length : maxBytes);
        if (Utf8.FromUtf16(value, target[header..], out int read, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            _used -= target.Length;
            WriteFailure.ThrowLoneSurrogate(read);
        }

        int exact = StringHeaderSize(written);
        if (exact != header)
        {
            target.Slice(header, written).CopyTo(target[exact..]);
        }

        PutStringHeader(ref MemoryMarshal.GetReference(target), written);
        _used -= target.Length - exact - written;
    }

    /// <summary>Writes a string from its UTF-8 bytes, for example <c>writer.WriteUtf8("Id"u8)</c>. The bytes are not validated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteUtf8(scoped ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= MessagePackCode.MaxFixStr)
        {
            ref byte start = ref Claim(1 + utf8.Length);
            start = (byte)(MessagePackCode.FixStr | utf8.Length);
            utf8.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref start, 1), utf8.Length));
        }
        else
        {
            PutStringHeader(ref Claim(StringHeaderSize(utf8.Length)), utf8.Length);
            WriteRaw(utf8);
        }
    }

    /// <summary>Writes the header of an array. The caller then writes <paramref name="count"/> values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteArrayHeader(int count)
    {
        if ((uint)count <= MessagePackCode.MaxFixCount)
        {
            Claim(1) = (byte)(MessagePackCode.FixArray | count);
        }
        else
        {
            WriteCount(MessagePackCode.Array16, MessagePackCode.Array32, count);
        }
    }

    /// <summary>Writes the header of a map. The caller then writes <paramref name="count"/> pairs of key and value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteMapHeader(int count)
    {
        if ((uint)count <= MessagePackCode.MaxFixCount)
        {
            Claim(1) = (byte)(MessagePackCode.FixMap | count);
        }
        else
        {
            WriteCount(MessagePackCode.Map16, MessagePackCode.Map32, count);
        }
    }

    /// <summary>Writes binary data.</summary>
    public void WriteBinary(scoped ReadOnlySpan<byte> data)
    {
        WriteBinaryHeader(data.Length);
        WriteRaw(data);
    }

    /// <summary>Writes the header of binary data. The caller then writes <paramref name="length"/> bytes.</summary>
    internal void WriteBinaryHeader(int length)
    {
        if (length <= byte.MaxValue)
        {
            WriteCode8(MessagePackCode.Bin8, (byte)length);
        }
        else
        {
            WriteCount(MessagePackCode.Bin16, MessagePackCode.Bin32, length);
        }
    }

    /// <summary>Writes an extension value.</summary>
    /// <param name="type">The extension type. The specification reserves negative types.</param>
    /// <param name="data">The data.</param>
    public void WriteExtension(sbyte type, scoped ReadOnlySpan<byte> data)
    {
        byte? fixedCode = data.Length switch
        {
            1 => MessagePackCode.FixExt1,
            2 => MessagePackCode.FixExt2,
            4 => MessagePackCode.FixExt4,
            8 => MessagePackCode.FixExt8,
            16 => MessagePackCode.FixExt16,
            _ => null,
        };

        if (fixedCode is { } code)
        {
            Claim(1) = code;
        }
        else if (data.Length <= byte.MaxValue)
        {
            WriteCode8(MessagePackCode.Ext8, (byte)data.Length);
        }
        else
        {
            WriteCount(MessagePackCode.Ext16, MessagePackCode.Ext32, data.Length);
        }

        Claim(1) = (byte)type;
        WriteRaw(data);
    }

    /// <summary>
    /// Writes the timestamp extension (type -1) in the smallest of its three formats. <see cref="DateTime.Kind"/> is ignored: convert local
    /// time to UTC first.
    /// </summary>
    public void WriteTimestamp(DateTime utc)
    {
        // The division is by ticks since year 1, so that seconds before 1970 are rounded down and the nanoseconds are never negative.
        const long UnixEpochSeconds = 62_135_596_800;
        long seconds = Math.DivRem(utc.Ticks, TimeSpan.TicksPerSecond, out long ticks);
        WriteTimestamp(seconds - UnixEpochSeconds, (uint)(ticks * NanosecondsPerTick));
    }

    /// <summary>
    /// Writes the timestamp extension (type -1) in the smallest of its three formats, with the full range and precision of the
    /// specification, which exceed those of <see cref="DateTime"/>.
    /// </summary>
    /// <param name="seconds">Whole seconds since 1970-01-01T00:00:00Z, rounded down.</param>
    /// <param name="nanoseconds">The nanoseconds within the second, 0 to 999,999,999.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="nanoseconds"/> exceeds 999,999,999.</exception>
    public void WriteTimestamp(long seconds, uint nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nanoseconds, MessagePackCode.MaxNanoseconds);
        if ((ulong)seconds >> 34 != 0)
        {
            ref byte start = ref Claim(15);
            start = MessagePackCode.Ext8;
            Unsafe.Add(ref start, 1) = 12;
            Unsafe.Add(ref start, 2) = unchecked((byte)MessagePackCode.TimestampExtension);
            PutUInt32(ref Unsafe.Add(ref start, 3), nanoseconds);
            PutUInt64(ref Unsafe.Add(ref start, 7), (ulong)seconds);
        }
        else if (nanoseconds == 0 && seconds <= uint.MaxValue)
        {
            ref byte start = ref Claim(6);
            start = MessagePackCode.FixExt4;
            Unsafe.Add(ref start, 1) = unchecked((byte)MessagePackCode.TimestampExtension);
            PutUInt32(ref Unsafe.Add(ref start, 2), (uint)seconds);
        }
        else
        {
            ref byte start = ref Claim(10);
            start = MessagePackCode.FixExt8;
            Unsafe.Add(ref start, 1) = unchecked((byte)MessagePackCode.TimestampExtension);
            PutUInt64(ref Unsafe.Add(ref start, 2), ((ulong)nanoseconds << 34) | (ulong)seconds);
        }
    }

    private void WriteCount(byte code16, byte code32, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= ushort.MaxValue)
        {
            WriteCode16(code16, (ushort)count);
        }
        else
        {
            WriteCode32(code32, (uint)count);
        }
    }

    private static int StringHeaderSize(int bytes) => bytes switch
    {
        <= MessagePackCode.MaxFixStr => 1,
        <= byte.MaxValue => 2,
        <= ushort.MaxValue => 3,
        _ => MaxHeader,
    };

    private static void PutStringHeader(ref byte target, int bytes)
    {
        switch (StringHeaderSize(bytes))
        {
            case 1:
                target = (byte)(MessagePackCode.FixStr | bytes);
                break;
            case 2:
                target = MessagePackCode.Str8;
                Unsafe.Add(ref target, 1) = (byte)bytes;
                break;
            case 3:
                target = MessagePackCode.Str16;
                PutUInt16(ref Unsafe.Add(ref target, 1), (ushort)bytes);
                break;
            default:
                target = MessagePackCode.Str32;
                PutUInt32(ref Unsafe.Add(ref target, 1), (uint)bytes);
                break;
        }
    }
}
