using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

/// <summary>Tests that random values of every type round-trip.</summary>
public class RoundTripTests
{
    private const int Cases = 2000;

    private static readonly Gen<ulong> Bits = Gen.OneOf(
        ArbMap.Default.GeneratorFor<DoNotSize<ulong>>().Select(whole => whole.Item),
        from whole in ArbMap.Default.GeneratorFor<DoNotSize<ulong>>()
        from shift in Gen.Choose(0, 63)
        select whole.Item >> shift);

    private static readonly Gen<string> Text =
        Gen.OneOf(Gen.Choose(0, 0x7f), Gen.Choose(0x80, 0xd7ff), Gen.Choose(0xe000, 0x10ffff))
            .Select(char.ConvertFromUtf32).ArrayOf().Select(string.Concat);

    [Fact]
    public void Integers_of_every_width_round_trip()
    {
        RoundTrips(Int64Formatter.Instance, Bits.Select(bits => (long)bits));
        RoundTrips(Int64Formatter.Instance, Bits.Select(bits => ~(long)bits));
        RoundTrips(UInt64Formatter.Instance, Bits);
        RoundTrips(Int32Formatter.Instance, Bits.Select(bits => (int)bits));
        RoundTrips(Int32Formatter.Instance, Bits.Select(bits => (int)((long)bits >> 40)));
        RoundTrips(UInt32Formatter.Instance, Bits.Select(bits => (uint)bits));
        RoundTrips(Int16Formatter.Instance, Bits.Select(bits => (short)bits));
        RoundTrips(UInt16Formatter.Instance, Bits.Select(bits => (ushort)bits));
        RoundTrips(SByteFormatter.Instance, Bits.Select(bits => (sbyte)bits));
        RoundTrips(ByteFormatter.Instance, Bits.Select(bits => (byte)bits));
        RoundTrips(CharFormatter.Instance, Bits.Select(bits => (char)bits));
    }

    [Fact]
    public void Other_numbers_round_trip()
    {
        RoundTrips(DoubleFormatter.Instance, Bits.Select(BitConverter.UInt64BitsToDouble));
        RoundTrips(SingleFormatter.Instance, Bits.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits)));
        RoundTrips(HalfFormatter.Instance, Bits.Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)));
        RoundTrips(
            DecimalFormatter.Instance,
            from low in Bits
            from high in Bits
            select new decimal((int)low, (int)(low >> 32), (int)high, high >> 63 == 1, (byte)((high >> 32) % 29)));
        RoundTrips(Int128Formatter.Instance, from low in Bits from high in Bits select new Int128(high, low));
        RoundTrips(UInt128Formatter.Instance, from low in Bits from high in Bits select new UInt128(high, low));
        RoundTrips(BigIntegerFormatter.Instance, ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => new BigInteger(bytes)));
    }

    [Fact]
    public void Dates_and_times_round_trip()
    {
        Gen<long> ticks = Bits.Select(bits => (long)(bits % ((ulong)DateTime.MaxValue.Ticks + 1)));

        RoundTrips(DateTimeFormatter.Instance, ticks.Select(count => new DateTime(count, DateTimeKind.Utc)));
        RoundTrips(TimeSpanFormatter.Instance, Bits.Select(bits => new TimeSpan((long)bits)));
        RoundTrips(TimeOnlyFormatter.Instance, ticks.Select(count => new TimeOnly(count % TimeSpan.TicksPerDay)));
        RoundTrips(DateOnlyFormatter.Instance, ticks.Select(count => DateOnly.FromDateTime(new DateTime(count))));
        RoundTrips(
            DateTimeOffsetFormatter.Instance,
            from count in ticks
            from minutes in Gen.Choose(-14 * 60, 14 * 60)
            where count > TimeSpan.TicksPerDay && count < DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay
            select new DateTimeOffset(count, TimeSpan.FromMinutes(minutes)));
    }

    [Fact]
    public void Text_guids_versions_and_uris_round_trip()
    {
        RoundTrips(StringFormatter.Instance, Text);
        RoundTrips(
            StringFormatter.Instance,
            from text in Text from times in Gen.Choose(1, 50) select string.Concat(Enumerable.Repeat(text, times)), 500);
        RoundTrips(GuidFormatter.Instance, ArbMap.Default.GeneratorFor<Guid>());
        RoundTrips(
            VersionFormatter.Instance,
            from a in Bits from b in Bits select new Version((int)(a >> 33), (int)(a & 0xffff), (int)(b >> 33), (int)(b & 0xffff)));
        RoundTrips(UriFormatter.Instance, Text.Select(text => new Uri("http://example.org/" + Uri.EscapeDataString(text))));
    }

    [Fact]
    public void Collections_round_trip()
    {
        Gen<int> number = Bits.Select(bits => (int)bits);

        RoundTripsElements(new ArrayFormatter<int>(Int32Formatter.Instance), number.ArrayOf());
        RoundTripsElements(new ListFormatter<string>(StringFormatter.Instance), Text.ListOf().Select(list => list.ToList()));
        RoundTripsElements(
            new DictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance),
            Text.ListOf().Select(list => list.Distinct().ToDictionary(text => text, text => text.Length)));
        RoundTripsElements(
            new ArrayFormatter<int?[]>(new ArrayFormatter<int?>(new NullableFormatter<int>(Int32Formatter.Instance))),
            number.Select(value => value % 5 == 0 ? (int?)null : value).ArrayOf().ArrayOf());
    }

    private static void RoundTrips<T>(ITunnelFormatter<T> formatter, Gen<T> values, int cases = Cases) =>
        Prop.ForAll(Arb.From(values), (Action<T>)(value => Codec.Read(formatter, Codec.Write(formatter, value)).ShouldBe(value)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(cases));

    private static void RoundTripsElements<T>(ITunnelFormatter<T> formatter, Gen<T> values)
        where T : System.Collections.IEnumerable =>
        Prop.ForAll(
            Arb.From(values),
            (Action<T>)(value => Codec.Read(formatter, Codec.Write(formatter, value)).Cast<object>().ShouldBe(value.Cast<object>())))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases / 10));
}
