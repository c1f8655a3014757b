using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

/// <summary>Any value comes back as it was.</summary>
public class RoundTripTests
{
    private const int Cases = 2000;

    private static readonly Gen<ulong> Bits = Gen.OneOf(
        ArbMap.Default.GeneratorFor<DoNotSize<ulong>>().Select(whole => whole.Item),
        from whole in ArbMap.Default.GeneratorFor<DoNotSize<ulong>>()
        from shift in Gen.Choose(0, 63)
        select whole.Item >> shift);

    private static readonly Gen<string> Text =
        Gen.OneOf(Gen.Choose(0, 0x7f), Gen.Choose(0x80, 0xd7ff), Gen.Choose(0xe000, 0x10ffff)).Select(char.ConvertFromUtf32).ArrayOf().Select(string.Concat);

    [Fact]
    public void Integers_of_every_width()
    {
        Survive(Int64Formatter.Instance, Bits.Select(bits => (long)bits));
        Survive(Int64Formatter.Instance, Bits.Select(bits => ~(long)bits));
        Survive(UInt64Formatter.Instance, Bits);
        Survive(Int32Formatter.Instance, Bits.Select(bits => (int)bits));
        Survive(Int32Formatter.Instance, Bits.Select(bits => (int)((long)bits >> 40)));
        Survive(UInt32Formatter.Instance, Bits.Select(bits => (uint)bits));
        Survive(Int16Formatter.Instance, Bits.Select(bits => (short)bits));
        Survive(UInt16Formatter.Instance, Bits.Select(bits => (ushort)bits));
        Survive(SByteFormatter.Instance, Bits.Select(bits => (sbyte)bits));
        Survive(ByteFormatter.Instance, Bits.Select(bits => (byte)bits));
        Survive(CharFormatter.Instance, Bits.Select(bits => (char)bits));
    }

    [Fact]
    public void Numbers_of_every_other_kind()
    {
        Survive(DoubleFormatter.Instance, Bits.Select(BitConverter.UInt64BitsToDouble));
        Survive(SingleFormatter.Instance, Bits.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits)));
        Survive(HalfFormatter.Instance, Bits.Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)));
        Survive(DecimalFormatter.Instance, from low in Bits from high in Bits select new decimal((int)low, (int)(low >> 32), (int)high, high >> 63 == 1, (byte)((high >> 32) % 29)));
        Survive(Int128Formatter.Instance, from low in Bits from high in Bits select new Int128(high, low));
        Survive(UInt128Formatter.Instance, from low in Bits from high in Bits select new UInt128(high, low));
        Survive(BigIntegerFormatter.Instance, ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => new BigInteger(bytes)));
    }

    [Fact]
    public void Times()
    {
        Gen<long> ticks = Bits.Select(bits => (long)(bits % ((ulong)DateTime.MaxValue.Ticks + 1)));

        Survive(DateTimeFormatter.Instance, ticks.Select(count => new DateTime(count, DateTimeKind.Utc)));
        Survive(TimeSpanFormatter.Instance, Bits.Select(bits => new TimeSpan((long)bits)));
        Survive(TimeOnlyFormatter.Instance, ticks.Select(count => new TimeOnly(count % TimeSpan.TicksPerDay)));
        Survive(DateOnlyFormatter.Instance, ticks.Select(count => DateOnly.FromDateTime(new DateTime(count))));
        Survive(
            DateTimeOffsetFormatter.Instance,
            from count in ticks
            from minutes in Gen.Choose(-14 * 60, 14 * 60)
            where count > TimeSpan.TicksPerDay && count < DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay
            select new DateTimeOffset(count, TimeSpan.FromMinutes(minutes)));
    }

    [Fact]
    public void Text_bytes_and_names()
    {
        Survive(StringFormatter.Instance, Text);
        Survive(StringFormatter.Instance, from text in Text from times in Gen.Choose(1, 50) select string.Concat(Enumerable.Repeat(text, times)), 500);
        Survive(GuidFormatter.Instance, ArbMap.Default.GeneratorFor<Guid>());
        Survive(VersionFormatter.Instance, from a in Bits from b in Bits select new Version((int)(a >> 33), (int)(a & 0xffff), (int)(b >> 33), (int)(b & 0xffff)));
        Survive(UriFormatter.Instance, Text.Select(text => new Uri("http://example.org/" + Uri.EscapeDataString(text))));
    }

    [Fact]
    public void Collections()
    {
        Gen<int> number = Bits.Select(bits => (int)bits);

        Equal(new ArrayFormatter<int>(Int32Formatter.Instance), number.ArrayOf());
        Equal(new ListFormatter<string>(StringFormatter.Instance), Text.ListOf().Select(list => list.ToList()));
        Equal(new DictionaryFormatter<string, int>(StringFormatter.Instance, Int32Formatter.Instance), Text.ListOf().Select(list => list.Distinct().ToDictionary(text => text, text => text.Length)));
        Equal(new ArrayFormatter<int?[]>(new ArrayFormatter<int?>(new NullableFormatter<int>(Int32Formatter.Instance))), number.Select(value => value % 5 == 0 ? (int?)null : value).ArrayOf().ArrayOf());
    }

    private static void Survive<T>(ITunnelFormatter<T> formatter, Gen<T> values, int cases = Cases) =>
        Prop.ForAll(Arb.From(values), (Action<T>)(value => Codec.Read(formatter, Codec.Write(formatter, value)).ShouldBe(value)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(cases));

    private static void Equal<T>(ITunnelFormatter<T> formatter, Gen<T> values)
        where T : System.Collections.IEnumerable =>
        Prop.ForAll(Arb.From(values), (Action<T>)(value => Codec.Read(formatter, Codec.Write(formatter, value)).Cast<object>().ShouldBe(value.Cast<object>())))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases / 10));
}
