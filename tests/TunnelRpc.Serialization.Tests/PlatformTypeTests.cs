using System.Collections;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

public class PlatformTypeTests
{
    /// <summary>
    /// The bytes of Complex, BitArray and StringBuilder are those of MessagePack 2.5.307; those of Rune, vectors and matrices are those of
    /// 3.1.12. The package has no encoding for the other types.
    /// </summary>
    [Fact]
    public void Encodings_are_as_documented()
    {
        Is(RuneFormatter.Instance, new Rune('a'), "61");
        Is(ComplexFormatter.Instance, new Complex(1, 2), "92cb3ff0000000000000cb4000000000000000");
        Is(Vector2Formatter.Instance, new Vector2(1, 2), "92ca3f800000ca40000000");
        Is(Vector3Formatter.Instance, new Vector3(1, 2, 3), "93ca3f800000ca40000000ca40400000");
        Is(Vector4Formatter.Instance, new Vector4(1, 2, 3, 4), "94ca3f800000ca40000000ca40400000ca40800000");
        Is(QuaternionFormatter.Instance, new Quaternion(1, 2, 3, 4), "94ca3f800000ca40000000ca40400000ca40800000");
        Is(PlaneFormatter.Instance, new Plane(1, 2, 3, 4), "94ca3f800000ca40000000ca40400000ca40800000");
        Is(
            Matrix3x2Formatter.Instance,
            new Matrix3x2(1, 2, 1, 2, 1, 2),
            "96" + string.Concat(Enumerable.Repeat("ca3f800000ca40000000", 3)));
        Is(
            Matrix4x4Formatter.Instance,
            new Matrix4x4(1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2),
            "dc0010" + string.Concat(Enumerable.Repeat("ca3f800000ca40000000", 8)));
        Is(BitArrayFormatter.Instance, new BitArray([true, false]), "92c3c2");
        Is(StringBuilderFormatter.Instance, new StringBuilder("ab"), "a26162");
        Is(IndexFormatter.Instance, Index.FromStart(2), "02");
        Is(IndexFormatter.Instance, ^2, "fd");
        Is(RangeFormatter.Instance, 1.., "9201ff");
        Is<nint>(IntPtrFormatter.Instance, -1, "ff");
        Is<nuint>(UIntPtrFormatter.Instance, 5, "05");
        Is(IPAddressFormatter.Instance, IPAddress.Parse("10.0.0.1"), "a8" + Codec.Hex("10.0.0.1"u8));
        Is(IPEndPointFormatter.Instance, IPEndPoint.Parse("[::1]:80"), "92a3" + Codec.Hex("::1"u8) + "50");
        Is(CultureInfoFormatter.Instance, CultureInfo.InvariantCulture, "a0");
        Is(TimeZoneInfoFormatter.Instance, TimeZoneInfo.Utc, "a3" + Codec.Hex("UTC"u8));
        Is(JsonNodeFormatter.Instance, JsonNode.Parse("""{"a":[1,2.5,"x",null,true]}""")!, "81a1619501cb4004000000000000a178c0c3");

        static void Is<T>(ITunnelFormatter<T> formatter, T value, string hex) => Codec.Hex(Codec.Write(formatter, value)).ShouldBe(hex);
    }

    [Fact]
    public void Values_round_trip()
    {
        Matrix4x4 matrix = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        Through(Matrix4x4Formatter.Instance, matrix).ShouldBe(matrix);
        Through(Matrix3x2Formatter.Instance, new(1, 2, 3, 4, 5, 6)).ShouldBe(new Matrix3x2(1, 2, 3, 4, 5, 6));
        Through(PlaneFormatter.Instance, new(1, 2, 3, 4)).ShouldBe(new Plane(1, 2, 3, 4));
        Through(QuaternionFormatter.Instance, new(1, 2, 3, 4)).ShouldBe(new Quaternion(1, 2, 3, 4));
        Through(IndexFormatter.Instance, ^0).ShouldBe(^0);
        Through(RangeFormatter.Instance, ^3..5).ShouldBe(^3..5);
        Through(IPAddressFormatter.Instance, IPAddress.Parse("fe80::1%3")).ShouldBe(IPAddress.Parse("fe80::1%3"));
        Through(IPEndPointFormatter.Instance, IPEndPoint.Parse("10.0.0.1:65535")).ShouldBe(IPEndPoint.Parse("10.0.0.1:65535"));
        Through(BitArrayFormatter.Instance, new BitArray([true, false, true])).Cast<bool>().ShouldBe([true, false, true]);
        Through(StringBuilderFormatter.Instance, new StringBuilder("a").Append('b')).ToString().ShouldBe("ab");
        Through(TimeZoneInfoFormatter.Instance, TimeZoneInfo.Utc).ShouldBe(TimeZoneInfo.Utc);
    }

    [Fact]
    public void Time_zones_of_the_platform_round_trip()
    {
        foreach (TimeZoneInfo zone in TimeZoneInfo.GetSystemTimeZones())
        {
            Through(TimeZoneInfoFormatter.Instance, zone).Id.ShouldBe(zone.Id);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("Europe")]
    [InlineData("Europe/")]
    [InlineData("Nowhere/Atlantis")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("/dev/zero")]
    [InlineData("Europe/../../../../dev/zero")]
    [InlineData("Europe//Berlin")]
    [InlineData("Europe/./Berlin")]
    [InlineData("zone.tab")]
    [InlineData("a\0b")]
    [InlineData("Zürich")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public void Unknown_time_zone_is_rejected(string id) =>
        Codec.ReadError(Codec.Hex(Codec.Write(StringFormatter.Instance, id)), TimeZoneInfoFormatter.Instance.Read)
            .ShouldContain("the id of a time zone that is known here");

    [Fact]
    public void Time_zone_whose_id_is_a_path_is_rejected_when_written()
    {
        TimeZoneInfo custom = TimeZoneInfo.CreateCustomTimeZone("/dev/zero", TimeSpan.FromHours(1), null, null);

        Should.Throw<MessagePackException>(() => Codec.Write(TimeZoneInfoFormatter.Instance, custom)).Message.ShouldContain("/dev/zero");
    }

    [Theory]
    [InlineData("xx-notaculture")]
    [InlineData("en/../de")]
    [InlineData("en-x-made-up")]
    [InlineData("de-DE-u-co-phonebk")]
    [InlineData("de_DE")]
    [InlineData("-")]
    [InlineData("\u0001")]
    public void Unknown_culture_is_rejected(string name) =>
        Codec.ReadError(Codec.Hex(Codec.Write(StringFormatter.Instance, name)), CultureInfoFormatter.Instance.Read)
            .ShouldContain("the name of a culture");

    [Fact]
    public void Out_of_range_values_are_rejected_when_read()
    {
        Codec.ReadError("cdd800", RuneFormatter.Instance.Read).ShouldContain("55296");
        Codec.ReadError("ff", RuneFormatter.Instance.Read).ShouldContain("-1");
        Codec.ReadError("ff", UIntPtrFormatter.Instance.Read).ShouldContain("a UInt64");
        Codec.ReadError("cfffffffffffffffff", IntPtrFormatter.Instance.Read).ShouldContain("an Int64");
        Codec.ReadError("92ca00000000ca00000000", Vector3Formatter.Instance.Read).ShouldContain("array of 2");
        Codec.ReadError("92a130a130", Vector2Formatter.Instance.Read).ShouldContain("a Single");
        Codec.ReadError("93010203", RangeFormatter.Instance.Read).ShouldContain("an array of 3");
        Codec.ReadError("a3" + "782e79", IPAddressFormatter.Instance.Read).ShouldContain("an IPAddress");
        Codec.ReadError("92a3" + Codec.Hex("::1"u8) + "ce00010000", IPEndPointFormatter.Instance.Read).ShouldContain("a UInt16");
        Codec.ReadError("ddffffffff", BitArrayFormatter.Instance.Read).ShouldContain("claims 4294967295 elements");
        Codec.ReadError("9101", BitArrayFormatter.Instance.Read).ShouldContain("a boolean");
        Codec.ReadError("c5ffff", ReadOnlySequenceByteFormatter.Instance.Read).ShouldContain("65535 bytes");
    }

    [Fact]
    public void Json_round_trips()
    {
        JsonElement element = JsonElement.Parse(PlatformSamples.Json);
        JsonElement.DeepEquals(Through(JsonElementFormatter.Instance, element), element).ShouldBeTrue();
        JsonNode node = JsonNode.Parse(PlatformSamples.Json)!;
        JsonNode read = Through(JsonNodeFormatter.Instance, node);
        JsonNode.DeepEquals(read, node).ShouldBeTrue();
        read["a"]![0]!.GetValue<int>().ShouldBe(1);
        read["a"]![2]!.GetValue<ulong>().ShouldBe(ulong.MaxValue);
        using JsonDocument document = Through(JsonDocumentFormatter.Instance, JsonDocument.Parse(PlatformSamples.Json));
        document.RootElement.GetProperty("").GetProperty("b").GetInt64().ShouldBe(long.MinValue);
        Through(JsonObjectFormatter.Instance, new JsonObject { ["a"] = 1 })["a"]!.GetValue<long>().ShouldBe(1);
        Through(JsonArrayFormatter.Instance, new JsonArray(1, "b")).Count.ShouldBe(2);
        Through(JsonElementFormatter.Instance, JsonElement.Parse("null")).ValueKind.ShouldBe(JsonValueKind.Null);
        Through(JsonNodeFormatter.Instance, JsonValue.Create(Guid.Empty)).GetValue<Guid>().ShouldBe(Guid.Empty);
    }

    [Theory]
    [InlineData("18446744073709551616")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("1e400")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""["\ud800"]""")]
    [InlineData("""{"\udc00":1}""")]
    public void Json_that_would_lose_data_is_rejected_when_written(string json) =>
        Should.Throw<MessagePackException>(() => Codec.Write(JsonElementFormatter.Instance, JsonElement.Parse(json))).Message
            .ShouldContain("distinct names");

    [Fact]
    public void Default_JsonElement_and_null_document_are_rejected_when_written()
    {
        Should.Throw<MessagePackException>(() => Codec.Write(JsonElementFormatter.Instance, default)).Message
            .ShouldContain("default value");
        using JsonDocument document = JsonDocument.Parse("null");
        Should.Throw<MessagePackException>(() => Codec.Write(JsonDocumentFormatter.Instance, document)).Message
            .ShouldContain("JsonDocument");
    }

    [Fact]
    public void Json_deeper_than_limit_is_rejected_when_written()
    {
        JsonArray deep = [];
        for (int i = 0; i < 100; i++)
        {
            deep = [deep];
        }

        Should.Throw<MessagePackException>(() => Codec.Write(JsonNodeFormatter.Instance, deep)).Message.ShouldContain("limit of 64 levels");
        string text = new string('[', 64) + new string(']', 64);
        Through(JsonElementFormatter.Instance, JsonElement.Parse(text)).GetRawText().ShouldBe(text);
    }

    [Theory]
    [InlineData("c40101", "Binary")]
    [InlineData("d6ff00000001", "Extension")]
    [InlineData("cb7ff0000000000000", "infinite")]
    [InlineData("ca7fc00000", "not a number")]
    [InlineData("810101", "a string")]
    [InlineData("82a16101a16102", "second time")]
    [InlineData("91", "claims 1 elements")]
    [InlineData("ddffffffff", "claims 4294967295 elements")]
    [InlineData("a1ff", "UTF-8")]
    [InlineData("c1", "Reserved")]
    [InlineData("", "End")]
    public void Value_that_json_does_not_have_is_rejected_when_read(string hex, string message)
    {
        Codec.ReadError(hex, JsonElementFormatter.Instance.Read).ShouldContain(message);
        Codec.ReadError(hex, JsonNodeFormatter.Instance.Read).ShouldContain(message);
        Codec.ReadError(hex, JsonDocumentFormatter.Instance.Read).ShouldContain(message);
    }

    [Fact]
    public void Json_of_another_kind_is_rejected_when_read()
    {
        Codec.ReadError("90", JsonObjectFormatter.Instance.Read).ShouldContain("a map");
        Codec.ReadError("80", JsonArrayFormatter.Instance.Read).ShouldContain("an array");
        Codec.ReadError("c0", JsonNodeFormatter.Instance.Read).ShouldContain("got nil");
    }

    private static T Through<T>(ITunnelFormatter<T> formatter, T value) => Codec.Read(formatter, Codec.Write(formatter, value));
}
