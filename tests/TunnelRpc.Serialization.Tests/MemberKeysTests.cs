using System.Buffers;
using System.Globalization;

namespace TunnelRpc.Serialization.Tests;

/// <summary>Tests that keys of members are found in any order and encoding, and that other keys are not.</summary>
public sealed class MemberKeysTests
{
    [Fact]
    public void Keys_are_found_in_order() => ReadAll(new("Type", "Id", "Name", "Größe"), "Id", "Name", "Größe").ShouldBe([0, 1, 2]);

    [Fact]
    public void Keys_are_found_in_any_order_and_more_than_once() =>
        ReadAll(new("Type", "Id", "Name", "Text"), "Text", "Id", "Id", "Name", "Text").ShouldBe([2, 0, 0, 1, 2]);

    [Fact]
    public void Unknown_keys_are_not_found() =>
        ReadAll(new("Type", "Id", "Name"), "", "I", "Idd", "id", "Nama", "Id", new string('x', 1_000), "Name")
            .ShouldBe([-1, -1, -1, -1, -1, 0, -1, 1]);

    [Fact]
    public void Keys_that_start_with_each_other_are_told_apart() =>
        ReadAll(new("Type", "A", "AA", "AAA"), "AAA", "AA", "A").ShouldBe([2, 1, 0]);

    [Fact]
    public void Empty_key_is_a_key() => ReadAll(new("Type", "", "A"), "A", "", "A").ShouldBe([1, 0, 1]);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    [InlineData(5_000)]
    public void Each_of_many_keys_is_found(int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => "Member" + i.ToString(CultureInfo.InvariantCulture))];
        int[] indexes = [.. Enumerable.Range(0, count)];

        ReadAll(new("Type", names), names).ShouldBe(indexes);
        ReadAll(new("Type", names), [.. names.Reverse()]).ShouldBe([.. indexes.Reverse()]);
    }

    [Fact]
    public void Key_in_a_longer_encoding_is_found()
    {
        // "Id" with a header of 2, 3 and 5 bytes.
        byte[] data = [0xD9, 2, 0x49, 0x64, 0xDA, 0, 2, 0x49, 0x64, 0xDB, 0, 0, 0, 2, 0x49, 0x64];

        Read(new("Type", "Name", "Id"), data, 3).ShouldBe([1, 1, 1]);
    }

    [Theory]
    [InlineData(new byte[] { 0x01 })]
    [InlineData(new byte[] { 0xC0 })]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0xA2, 0x49 })]
    public void Key_that_is_no_complete_string_is_an_error(byte[] data) =>
        Should.Throw<MessagePackException>(() => Read(new("Type", "Id"), data, 1));

    private static int[] ReadAll(MemberKeys keys, params string[] written)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        foreach (string key in written)
        {
            writer.WriteString(key);
        }

        writer.Flush();
        return Read(keys, output.WrittenSpan, written.Length);
    }

    private static int[] Read(MemberKeys keys, ReadOnlySpan<byte> data, int count)
    {
        var reader = new MessagePackReader(data);
        var found = new int[count];
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            found[i] = keys.Read(ref reader, ref next);
        }

        reader.End.ShouldBeTrue();
        return found;
    }
}
