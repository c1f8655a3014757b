using MessagePack;
using MessagePack.Resolvers;
using Shouldly;
using Xunit;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>Tests that MessagePack-CSharp writes and reads files with the generated formatters.</summary>
public sealed class ResolverTests
{
    private static readonly MessagePackSerializerOptions Options = MessagePackSerializerOptions.Standard.WithResolver(
        CompositeResolver.Create(TunnelRpcResolver.For<IForeign>().With<IShapes>(), StandardResolver.Instance));

    [Fact]
    public void Type_without_attributes_of_the_package_is_written_as_in_a_message()
    {
        var report = new Report(new Secret(1), 2, new Temperature(3)) { Binary = 4 };

        byte[] bytes = MessagePackSerializer.Serialize(report, Options);

        bytes.ShouldBe(ContractFormatters.Write(ContractFormatters.Of<IForeign, Report>(), report));
        MessagePackSerializer.Deserialize<Report>(bytes, Options).Binary.ShouldBe(4);
        Should.Throw<MessagePackSerializationException>(
            () => MessagePackSerializer.Serialize(report, MessagePackSerializerOptions.Standard));
    }

    [Fact]
    public async Task Collections_of_generated_types_are_written_and_read_from_a_stream()
    {
        using var file = new MemoryStream();
        List<Report?> reports = [new Report(new Secret(1), 2, new Temperature(3)), null];

        await MessagePackSerializer.SerializeAsync(file, reports, Options);
        file.Position = 0;
        List<Report?> back = await MessagePackSerializer.DeserializeAsync<List<Report?>>(file, Options);

        back[0]!.Outside.InKelvin().ShouldBe(3);
        back[1].ShouldBeNull();
    }

    [Fact]
    public void Type_that_no_contract_uses_is_left_to_other_resolvers()
    {
        TunnelRpcResolver.For<IForeign>().GetFormatter<Person>().ShouldBeNull();
        TunnelRpcResolver.For<IForeign>().GetFormatter<int>().ShouldBeNull();
        TunnelRpcResolver.For<IForeign>().With<IShapes>().GetFormatter<Person>().ShouldNotBeNull();
    }

    [Fact]
    public void Data_in_several_segments_is_read()
    {
        byte[] bytes = MessagePackSerializer.Serialize(new Person { Id = 5, Name = "abc" }, Options);
        var first = new Segment(bytes.AsMemory(0, 3), null);
        var last = new Segment(bytes.AsMemory(3), first);

        MessagePackSerializer.Deserialize<Person>(
            new System.Buffers.ReadOnlySequence<byte>(first, 0, last, last.Memory.Length), Options).Name.ShouldBe("abc");
    }

    private sealed class Segment : System.Buffers.ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
