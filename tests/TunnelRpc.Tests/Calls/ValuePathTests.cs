using System.Buffers;
using TunnelRpc.Calls;
using TunnelRpc.Serialization;

namespace TunnelRpc.Tests.Calls;

/// <summary>The path of a value in encoded data, complete or not.</summary>
public sealed class ValuePathTests
{
    private delegate void Writing(ref MessagePackWriter writer);

    [Fact]
    public void Path_has_names_of_members_and_indexes_of_elements()
    {
        byte[] data = Encode((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(2);
            writer.WriteUtf8("Id"u8);
            writer.Write(7);
            writer.WriteUtf8("Items"u8);
            writer.WriteArrayHeader(2);
            writer.WriteMapHeader(0);
            writer.WriteMapHeader(1);
            writer.WriteUtf8("Name"u8);
            writer.Write("x");
        });

        ValuePath.Find(data, target: 0).ShouldBe("");
        ValuePath.Find(data, target: data.Length - 2).ShouldBe("Items[1].Name");
        ValuePath.Find(data, target: 4).ShouldBe("Id");
        ValuePath.Find(data, target: 11).ShouldBe("Items");
        ValuePath.Find(data, target: 12).ShouldBe("Items[0]");
        ValuePath.Find(data, target: 13).ShouldBe("Items[1]");
    }

    [Fact]
    public void Path_of_arguments_starts_with_the_name_of_one()
    {
        byte[] data = Encode((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(2);
            writer.Write(1);
            writer.WriteArrayHeader(1);
            writer.WriteNil();
        });

        ValuePath.Find(data, target: 3, ["count", "names"]).ShouldBe("names[0]");
        ValuePath.Find(data, target: 1, ["count", "names"]).ShouldBe("count");
        ValuePath.Find(data, target: 2, ["count"]).ShouldBe("[1]");
    }

    [Fact]
    public void Path_in_incomplete_data_is_that_of_the_next_value()
    {
        byte[] data = Encode((ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(100_000);
            writer.Write("a");
            writer.WriteMapHeader(3);
            writer.WriteUtf8("Name"u8);
        });

        ValuePath.Find(data, data.Length).ShouldBe("[1].Name");
        ValuePath.Find(data.AsSpan(0, 5), 5).ShouldBe("[0]");
        ValuePath.Find(data.AsSpan(0, 3), 3).ShouldBe("");
    }

    [Fact]
    public void Keys_that_are_no_names_are_quoted_and_escaped_and_a_bad_key_is_counted()
    {
        byte[] data = Encode((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(3);
            writer.Write("a b\u001b");
            writer.WriteMapHeader(1);
            writer.Write(-5);
            writer.WriteNil();
            writer.Write("c");
        });

        ValuePath.Find(data, target: 8).ShouldStartWith("[\"a b");
        ValuePath.Find(data, target: 8).ShouldEndWith("\"][\"-5\"]");
        ValuePath.Find(data, target: 8).ShouldNotContain('\u001b');
        ValuePath.Find(data, target: 9).ShouldBe("(key 1)");
    }

    [Fact]
    public void Long_and_deep_paths_are_cut()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x91, 100_000), 0xc0];
        byte[] wide = Encode((ref MessagePackWriter writer) =>
        {
            for (int i = 0; i < 20; i++)
            {
                writer.WriteMapHeader(1);
                writer.Write(new string('k', 30));
            }
        });

        ValuePath.Find(deep, deep.Length - 1).Length.ShouldBeLessThan(250);
        ValuePath.Find(wide, wide.Length).Length.ShouldBe(201);
    }

    [Fact]
    public void Random_bytes_have_some_path()
    {
        Random random = new(1);
        byte[] data = new byte[64];
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(data);

            ValuePath.Find(data, random.Next(data.Length + 1)).Length.ShouldBeLessThan(300);
        }
    }

    private static byte[] Encode(Writing write)
    {
        ArrayBufferWriter<byte> output = new();
        var writer = new MessagePackWriter(output);
        write(ref writer);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
