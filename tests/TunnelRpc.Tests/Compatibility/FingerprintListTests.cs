using System.Buffers.Binary;
using TunnelRpc.Compatibility;

namespace TunnelRpc.Tests.Compatibility;

public sealed class FingerprintListTests
{
    [Fact]
    public void List_round_trips()
    {
        FingerprintList list = Create("fleet", "agent");

        FingerprintList read = FingerprintList.Read([.. list.Bytes, 1, 2, 3]);

        read.Count.ShouldBe(2);
        read.Find("fleet").ShouldBe(1ul);
        read.Find("agent").ShouldBe(2ul);
        read.Find("other").ShouldBeNull();
        read.Bytes.SequenceEqual(list.Bytes).ShouldBeTrue();
    }

    [Fact]
    public void No_contracts_are_no_bytes()
    {
        Create().Bytes.Length.ShouldBe(0);
        FingerprintList.Read([]).Find("fleet").ShouldBeNull();
        FingerprintList.Read([0, 0]).Count.ShouldBe(0);
    }

    [Fact]
    public void More_contracts_than_the_limit_are_left_out()
    {
        FingerprintList list = Create([.. Enumerable.Range(0, 300).Select(i => $"service{i}")]);

        FingerprintList.Read(list.Bytes).Count.ShouldBe(FingerprintList.MaxCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(13)]
    public void Truncated_list_is_refused(int length)
    {
        byte[] bytes = Create("fleet").Bytes[..length].ToArray();

        Should.Throw<TunnelProtocolException>(() => FingerprintList.Read(bytes)).Message.ShouldContain("fingerprints");
    }

    [Fact]
    public void List_above_the_limit_is_refused()
    {
        byte[] bytes = new byte[2 + (257 * 12)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, 257);

        Should.Throw<TunnelProtocolException>(() => FingerprintList.Read(bytes)).Message.ShouldContain("at most 256 fingerprints");
    }

    private static FingerprintList Create(params string[] services) =>
        FingerprintList.Create(services.Select((service, i) => new DeclaredContract(service, (ulong)i + 1, [])));
}
