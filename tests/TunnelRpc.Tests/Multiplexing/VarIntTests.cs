using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class VarIntTests
{
    [Theory]
    [InlineData("c2197c5eff14e88c", 151_288_809_941_952_652ul)]
    [InlineData("9d7f3e7d", 494_878_333ul)]
    [InlineData("7bbd", 15_293ul)]
    [InlineData("25", 37ul)]
    public void Examples_of_rfc_9000_section_a1_are_read_and_written(string hex, ulong value)
    {
        byte[] bytes = Convert.FromHexString(hex);

        VarInt.TryRead(bytes, out ulong read, out int size).ShouldBeTrue();

        read.ShouldBe(value);
        size.ShouldBe(bytes.Length);
        Wire.VarInt(value).ShouldBe(bytes);
        VarInt.Size(value).ShouldBe(bytes.Length);
    }

    [Fact]
    public void Encoding_longer_than_necessary_is_legal()
    {
        VarInt.TryRead(Convert.FromHexString("4025"), out ulong value, out int size).ShouldBeTrue();

        value.ShouldBe(37ul);
        size.ShouldBe(2);
    }

    [Theory]
    [InlineData(0ul, 1)]
    [InlineData(63ul, 1)]
    [InlineData(64ul, 2)]
    [InlineData(16_383ul, 2)]
    [InlineData(16_384ul, 4)]
    [InlineData((1ul << 30) - 1, 4)]
    [InlineData(1ul << 30, 8)]
    [InlineData((1ul << 62) - 1, 8)]
    public void Each_size_covers_its_range(ulong value, int size)
    {
        byte[] bytes = Wire.VarInt(value);

        bytes.Length.ShouldBe(size);
        VarInt.TryRead(bytes, out ulong read, out _).ShouldBeTrue();
        read.ShouldBe(value);
    }

    [Fact]
    public void Value_above_62_bits_cannot_be_written()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Wire.VarInt(1ul << 62));
    }

    [Fact]
    public void Incomplete_value_is_not_read()
    {
        byte[] bytes = Convert.FromHexString("c2197c5eff14e88c");

        for (int length = 0; length < bytes.Length; length++)
        {
            VarInt.TryRead(bytes.AsSpan(0, length), out _, out _).ShouldBeFalse();
        }
    }
}
