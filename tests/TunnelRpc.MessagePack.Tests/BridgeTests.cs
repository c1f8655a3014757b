using MessagePack;
using Shouldly;
using TunnelRpc.Serialization;
using Xunit;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>Tests that formatters of MessagePack-CSharp are called, and what happens when they fail.</summary>
public sealed class BridgeTests
{
    private static readonly ITunnelFormatter<Report> Reports = ContractFormatters.Of<IForeign, Report>();
    private static readonly ITunnelFormatter<List<Secret>> Secrets = ContractFormatters.Of<IForeign, List<Secret>>();
    private static readonly ITunnelFormatter<Temperature> Temperatures = ContractFormatters.Of<IForeign, Temperature>();

    [Fact]
    public void Formatters_of_types_members_and_the_assembly_are_called()
    {
        byte[] bytes = ContractFormatters.Write(
            Reports, new Report(new Secret(7), 255, new Temperature(273.15), new Temperature(293), null) { Binary = 5 });

        Report back = ContractFormatters.Read(Reports, bytes);

        (back.Secret.Reveal(), back.Hexadecimal, back.Outside.InKelvin(), back.Inside!.Value.InKelvin(), back.Other, back.Binary)
            .ShouldBe((7, 255, 273.15, 293, null, 5));
        MessagePackSerializer.ConvertToJson(bytes).ShouldBe(
            """{"Secret":7,"Hexadecimal":"0xff","Outside":273.15,"Inside":293,"Other":null,"Binary":"b101","Missing":"missing"}""");
    }

    [Fact]
    public void Null_is_passed_to_a_formatter_where_the_contract_allows_it()
    {
        Report back = ContractFormatters.Read(
            Reports, ContractFormatters.Write(Reports, new Report(new Secret(7), 255, default) { Missing = 1, Binary = null }));

        (back.Missing, back.Binary, back.Inside, back.Other).ShouldBe((1, null, null, null));
    }

    [Fact]
    public void Null_where_none_may_be_is_an_error()
    {
        Should.Throw<MessagePackException>(() => ContractFormatters.Write(Secrets, [new Secret(1), null!]))
            .Message.ShouldContain("TunnelRpc.MessagePack.Tests.Secret, got null");
        Should.Throw<MessagePackException>(() => ContractFormatters.Read(Secrets, [0x92, 1, 0xc0]))
            .Message.ShouldContain("one whole value of TunnelRpc.MessagePack.Tests.Secret at offset 2, got null");
    }

    [Fact]
    public void Failure_of_a_formatter_is_an_error_of_the_codec()
    {
        MessagePackException error = Should.Throw<MessagePackException>(() => ContractFormatters.Read(Temperatures, [0xff]));

        error.Message.ShouldContain("to read a value of TunnelRpc.MessagePack.Tests.Temperature at offset 0");
        error.InnerException.ShouldBeOfType<MessagePackSerializationException>().Message.ShouldBe("-1 K");
        Should.Throw<MessagePackException>(() => ContractFormatters.Read(Temperatures, [0xa1, 0x41]));
        Should.Throw<MessagePackException>(() => ContractFormatters.Read(Temperatures, []));
    }

    [Fact]
    public void Formatter_that_leaves_a_part_of_its_value_is_an_error()
    {
        ITunnelFormatter<int[]> formatter = ContractFormatters.Of<IForeign, int[]>();

        Should.Throw<MessagePackException>(() => ContractFormatters.Read(formatter, ContractFormatters.Write(formatter, [1, 2])))
            .Message.ShouldContain("got null or a part of it");
    }

    [Fact]
    public void Depth_is_that_of_the_message_in_both_directions()
    {
        ITunnelFormatter<Link> formatter = ContractFormatters.Of<IForeign, Link>();
        var endless = new Chain();
        endless.Next = new Link(endless);
        byte[] nested = [.. Enumerable.Repeat<byte[]>([0x81, 0xa5, .. "Chain"u8], 100).SelectMany(bytes => bytes), 0xc0];

        Should.Throw<MessagePackException>(() => ContractFormatters.Write(formatter, endless.Next)).ToString()
            .ShouldContain($"limit of {MessagePackLimits.MaxDepth} levels");
        Should.Throw<MessagePackException>(() => ContractFormatters.Read(formatter, nested)).ToString()
            .ShouldContain($"limit of {MessagePackLimits.MaxDepth} levels");
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>(1024);
        byte[] bytes = ContractFormatters.Write(Temperatures, new Temperature(1));
        Run(100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(100);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.ShouldBe(0);

        void Run(int times)
        {
            for (int i = 0; i < times; i++)
            {
                output.ResetWrittenCount();
                var writer = new TunnelRpc.Serialization.MessagePackWriter(output);
                Temperatures.Write(ref writer, new Temperature(1));
                writer.Flush();
                var reader = new TunnelRpc.Serialization.MessagePackReader(bytes);
                Temperatures.Read(ref reader);
            }
        }
    }
}
