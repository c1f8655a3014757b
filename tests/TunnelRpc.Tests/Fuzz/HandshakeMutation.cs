using System.Buffers.Binary;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>Seeded mutations of the records of a handshake.</summary>
internal static class HandshakeMutation
{
    // The ends of the ranges of the limits, and of the sizes of numbers on the wire.
    private static readonly uint[] Boundaries =
    [
        0, 1, 63, 64, 1023, 1024, 16_383, 16_384, 65_535, 65_536, 1 << 20, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, int.MaxValue,
        1u << 31, uint.MaxValue,
    ];

    private static readonly (uint Min, uint Max)[] Ranges =
        [(1, 1 << 30), (1024, 1 << 30), (1, 1 << 30), (1, int.MaxValue), (1, int.MaxValue)];

    /// <summary>
    /// Sets the five limits of a HELLO or a WELCOME, most of them to the ends of their ranges. Returns whether all are in their ranges.
    /// </summary>
    public static bool SetLimits(Random random, Span<byte> limits)
    {
        bool isValid = true;
        for (int i = 0; i < Ranges.Length; i++)
        {
            (uint min, uint max) = Ranges[i];
            uint value = random.Next(10) switch
            {
                < 3 => Boundaries[random.Next(Boundaries.Length)],
                < 5 => min,
                < 7 => max,
                _ => (uint)random.NextInt64(min, (long)max + 1),
            };
            BinaryPrimitives.WriteUInt32BigEndian(limits[(4 * i)..], value);
            isValid &= value >= min && value <= max;
        }

        return isValid;
    }

    /// <summary>
    /// A record of the handshake, with records without effect before it, other records of the handshake, and changed bytes, or unchanged.
    /// </summary>
    public static byte[] Of(Random random, RecordType type, byte[] payload)
    {
        List<byte[]> records = [Wire.Record(type, payload)];
        for (int extra = random.Next(4); extra > 0; extra--)
        {
            records.Insert(random.Next(4) == 0 ? records.Count : 0, Extra(random));
        }

        switch (random.Next(6))
        {
            case 0:
                records[random.Next(records.Count)] = Mutation.Of(random, records[random.Next(records.Count)]);
                break;
            case 1:
                int mutated = records.Count - 1;
                records[mutated] = Mutation.Of(random, records[mutated]);
                break;
            case 2:
                return Mutation.Of(random, [.. records.SelectMany(r => r)]);
            case 3:
                records.Add(records[^1]);
                break;
        }

        return [.. records.SelectMany(r => r)];
    }

    private static byte[] Extra(Random random)
    {
        int size = random.Next(8) switch
        {
            0 => 4096,
            1 => 4097,
            2 => 20_000,
            _ => random.Next(40),
        };
        RecordType type = random.Next(8) switch
        {
            0 => (RecordType)random.Next(256),
            1 => (RecordType)random.Next(12),
            2 => (RecordType)random.Next(128, 256),
            _ => RecordType.Pad,
        };
        return Wire.Record(type, new byte[size]);
    }
}
