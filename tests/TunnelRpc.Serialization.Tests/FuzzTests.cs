using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Tests.Fuzz;

namespace TunnelRpc.Serialization.Tests;

/// <summary>
/// Tests that untrusted bytes cause no exception except MessagePackException, and allocate memory in proportion to their number.
/// </summary>
public class FuzzTests
{
    private const int RandomCases = 50_000;
    private const int MutatedCases = 60_000;
    private const int ReaderCases = 20_000;
    private const int LongestSeed = 1000;
    private const int LargeElement = 4096;

    // Codes with lengths and counts. Random bytes alone would rarely produce them.
    private static readonly byte[] Headers =
    [
        0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa5, 0xbf, 0xc0, 0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb,
        0xcf, 0xd3, 0xd4, 0xd6, 0xd7, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff, 0x7f, 0x00,
    ];

    private static readonly Gen<byte> AnyByte = Gen.Choose(0, 255).Select(value => (byte)value);

    private static readonly Gen<byte[]> Bytes = Gen.OneOf(AnyByte, Gen.Elements(Headers)).ArrayOf();

    private static readonly (Sample Sample, byte[] Encoding)[] Seeds =
    [
        .. Samples.All.SelectMany(
            sample => sample.Encodings.Where(encoding => encoding.Length <= LongestSeed).Select(encoding => (sample, encoding))),
    ];

    private static readonly Codec.Reading<object?>[] ReaderMethods =
    [
        (ref MessagePackReader reader) => { reader.Skip(); return null; },
        (ref MessagePackReader reader) => { reader.ReadNil(); return null; },
        (ref MessagePackReader reader) => reader.TryReadNil(),
        (ref MessagePackReader reader) => reader.ReadRaw().Length,
        (ref MessagePackReader reader) => reader.ReadBoolean(),
        (ref MessagePackReader reader) => reader.ReadByte(),
        (ref MessagePackReader reader) => reader.ReadSByte(),
        (ref MessagePackReader reader) => reader.ReadInt16(),
        (ref MessagePackReader reader) => reader.ReadUInt16(),
        (ref MessagePackReader reader) => reader.ReadInt32(),
        (ref MessagePackReader reader) => reader.ReadUInt32(),
        (ref MessagePackReader reader) => reader.ReadInt64(),
        (ref MessagePackReader reader) => reader.ReadUInt64(),
        (ref MessagePackReader reader) => reader.ReadChar(),
        (ref MessagePackReader reader) => reader.ReadSingle(),
        (ref MessagePackReader reader) => reader.ReadDouble(),
        (ref MessagePackReader reader) => reader.ReadString(),
        (ref MessagePackReader reader) => reader.ReadNullableString(),
        (ref MessagePackReader reader) => reader.ReadUtf8().Length,
        (ref MessagePackReader reader) => reader.ReadBinary().Length,
        (ref MessagePackReader reader) => reader.ReadArrayHeader(),
        (ref MessagePackReader reader) => reader.ReadMapHeader(),
        (ref MessagePackReader reader) => reader.ReadExtension(out _).Length,
        (ref MessagePackReader reader) => reader.ReadTimestamp(),
    ];

    [Fact]
    public void Random_bytes_cause_only_MessagePackException_in_formatters()
    {
        Gen<(Sample Sample, byte[] Bytes)> cases =
            from sample in Gen.Elements(Samples.All.ToArray())
            from bytes in Bytes
            select (sample, bytes);

        Check(cases, RandomCases, candidate => candidate.Sample.Read(candidate.Bytes), candidate => candidate.Bytes);
    }

    [Fact]
    public void Mutated_encodings_cause_only_MessagePackException_in_formatters()
    {
        Gen<Func<byte[], byte[]>> mutation =
            from kind in Gen.Choose(0, 4)
            from place in Gen.Choose(0, LongestSeed)
            from value in Gen.OneOf(AnyByte, Gen.Elements(Headers))
            select (Func<byte[], byte[]>)(bytes => Mutate(bytes, kind, place, value));
        Gen<(Sample Sample, byte[] Bytes)> cases =
            from seed in Gen.Elements(Seeds)
            from count in Gen.Choose(1, 4)
            from mutations in mutation.ArrayOf(count)
            select (seed.Sample, mutations.Aggregate(seed.Encoding, (bytes, mutate) => mutate(bytes)));

        Check(cases, MutatedCases, candidate => candidate.Sample.Read(candidate.Bytes), candidate => candidate.Bytes);
    }

    [Fact]
    public void Random_bytes_cause_only_MessagePackException_and_forward_moves_in_reader()
    {
        Gen<(byte[] Bytes, int[] Methods)> cases =
            from bytes in Bytes
            from methods in Gen.Choose(0, ReaderMethods.Length - 1).ArrayOf()
            select (bytes, methods);

        Check(cases, ReaderCases, Use, candidate => candidate.Bytes);

        static void Use((byte[] Bytes, int[] Methods) candidate)
        {
            MessagePackReader reader = new(candidate.Bytes);
            foreach (int method in candidate.Methods)
            {
                int before = reader.Position;
                ReaderMethods[method](ref reader);
                if (reader.Position < before || reader.Position > candidate.Bytes.Length || reader.Remaining < 0)
                {
                    throw new InvalidOperationException($"moved from {before} to {reader.Position} of {candidate.Bytes.Length}");
                }
            }
        }
    }

    private static void Check<T>(Gen<T> cases, int count, Action<T> use, Func<T, byte[]> bytesOf)
    {
        long worst = 0;

        Prop.ForAll(Arb.From(cases), (Action<T>)Try).Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(count)));

        // Each case has checked its own bound. This check only ensures that cases have run.
        worst.ShouldBeGreaterThan(0);

        void Try(T candidate)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                use(candidate);
            }
            catch (MessagePackException)
            {
                // The only exception that is allowed.
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            worst = Math.Max(worst, allocated);

            // Each byte may be a large element, which is copied when its collection grows. The constant covers the exception.
            allocated.ShouldBeLessThan((bytesOf(candidate).Length * 4L * LargeElement) + 65_536);
        }
    }

    private static byte[] Mutate(byte[] bytes, int kind, int place, byte value)
    {
        int at = bytes.Length == 0 ? 0 : place % bytes.Length;
        return kind switch
        {
            0 => [.. bytes[..at], value, .. bytes[at..]],
            1 => bytes[..at],
            2 => [.. bytes[..at], .. bytes[at..], .. bytes[at..]],
            _ when bytes.Length == 0 => [value],
            3 => [.. bytes[..at], .. bytes[(at + 1)..]],
            _ => [.. bytes[..at], value, .. bytes[(at + 1)..]],
        };
    }
}
