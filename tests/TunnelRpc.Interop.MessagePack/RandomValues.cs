using System.Text;

namespace TunnelRpc.Interop.MessagePack;

/// <summary>Creates random value trees. The same seed creates the same values.</summary>
internal sealed class RandomValues(int seed, ValueProfile profile)
{
    private const int Deepest = 4;
    private const int ByteOrderMark = 0xfeff;

#pragma warning disable CA5394 // Test data must be reproducible for a seed, and it contains no secrets.
    private readonly Random _random = new(seed);

    public object? Next() => Next(0);

    private object? Next(int depth) => _random.Next(depth < Deepest ? 20 : 16) switch
    {
        0 => null,
        1 => _random.Next(2) == 0,
        < 7 => Integer(),
        7 => (float)Number(),
        8 => Number(),
        < 12 => Text(),
        12 => Bytes(Length()),
        13 => new Extension(
            (sbyte)(profile.NegativeExtensions && _random.Next(4) == 0 ? _random.Next(sbyte.MinValue, -1) : _random.Next(0, 128)),
            Bytes(Length())),
        < 16 => Time(),
        < 18 => Items(depth),
        _ => Pairs(depth),
    };

    // The random shift creates integers of every width.
    private Int128 Integer()
    {
        ulong bits = (ulong)_random.NextInt64() << 1 ^ (ulong)_random.NextInt64();
        ulong magnitude = bits >> _random.Next(64);
        return _random.Next(2) == 0 ? magnitude : ~(Int128)(magnitude >> 1);
    }

    private double Number() => _random.Next(6) switch
    {
        0 => _random.Next(-1000, 1000),
        1 => double.PositiveInfinity,
        2 => double.NaN,
        3 => -0d,
        4 => BitConverter.Int64BitsToDouble(_random.NextInt64()),
        _ => _random.NextDouble(),
    };

    private string Text()
    {
        StringBuilder text = new();
        for (int remaining = Length(); remaining > 0; remaining--)
        {
            int character = _random.Next(6) switch
            {
                0 => _random.Next(0x80, 0xd800),
                1 => _random.Next(0xe000, 0x10000),
                2 => _random.Next(0x10000, 0x110000),
                _ => _random.Next(0x80),
            };

            // Some decoders remove a byte order mark at the start of a text.
            text.Append(char.ConvertFromUtf32(character == ByteOrderMark ? 'x' : character));
        }

        return text.ToString();
    }

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    // Most lengths are short. The others need every width of header.
    private int Length() => _random.Next(200) switch
    {
        0 => _random.Next(65_000, 66_000),
        < 10 => _random.Next(250, 300),
        < 30 => 1 << _random.Next(5),
        _ => _random.Next(40),
    };

    private Timestamp Time()
    {
        long seconds = _random.Next(4) switch
        {
            0 => _random.NextInt64(1L << 32),
            1 => _random.NextInt64(1L << 34),
            2 => -_random.NextInt64(1L << 37),
            _ => profile.SafeSeconds ? _random.NextInt64(1L << 52) : _random.NextInt64(long.MinValue, long.MaxValue),
        };
        return new Timestamp(seconds, _random.Next(3) == 0 ? 0 : (uint)_random.Next(1_000_000_000));
    }

    // Some collections exceed the size of a fixarray or fixmap. These contain only integers, which bounds the total size.
    private List<object?> Items(int depth)
    {
        int count = _random.Next(30) == 0 ? _random.Next(16, 300) : _random.Next(6);
        return [.. Enumerable.Range(0, count).Select(_ => count > 15 ? Integer() : Next(depth + 1))];
    }

    private List<KeyValuePair<object?, object?>> Pairs(int depth)
    {
        Dictionary<string, KeyValuePair<object?, object?>> pairs = [];
        int count = _random.Next(30) == 0 ? _random.Next(16, 300) : _random.Next(6);
        for (; count > 0; count--)
        {
            object key = !profile.OtherMapKeys || _random.Next(3) != 0 ? Text()
                : _random.Next(2) == 0 ? Integer()
                : Bytes(_random.Next(8));
            pairs[Convert.ToHexString(ValueTree.Encode(key))] = new(key, count > 15 ? Integer() : Next(depth + 1));
        }

        return [.. pairs.Values];
    }
}
