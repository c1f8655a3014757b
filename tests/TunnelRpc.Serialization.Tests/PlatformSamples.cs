using System.Collections;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

/// <summary>The formatters of further types of the .NET platform, with values at the limits of the types.</summary>
internal static class PlatformSamples
{
    public const string Json =
        """{"a":[1,-1,18446744073709551615,1.5,1E+300,true,false,null,"\u00e9",[],{}],"":{"b":-9223372036854775808}}""";

    public static readonly IReadOnlyList<Sample> All =
    [
        new Sample<nint>("IntPtr", IntPtrFormatter.Instance, nint.MinValue, -1, 0, nint.MaxValue),
        new Sample<nuint>("UIntPtr", UIntPtrFormatter.Instance, 0, nuint.MaxValue),
        new Sample<Index>("Index", IndexFormatter.Instance, Index.Start, Index.End, ^2, int.MaxValue),
        new Sample<Range>("Range", RangeFormatter.Instance, Range.All, 1..2, ^2..^1),
        new Sample<Rune>("Rune", RuneFormatter.Instance, new('\0'), new('é'), new(0x10ffff)),
        new Sample<StringBuilder>("StringBuilder", StringBuilderFormatter.Instance, new(), new(new string('é', 40))),
        new Sample<BitArray>("BitArray", BitArrayFormatter.Instance, new(0), new([true]), new(100)),
        new Sample<Complex>("Complex", ComplexFormatter.Instance, Complex.Zero, new(-1.5, double.NaN), Complex.Infinity),
        new Sample<Vector2>("Vector2", Vector2Formatter.Instance, default, new(1, -2)),
        new Sample<Vector3>("Vector3", Vector3Formatter.Instance, default, new(1, -2, float.NaN)),
        new Sample<Vector4>("Vector4", Vector4Formatter.Instance, default, new(1, -2, 3, float.PositiveInfinity)),
        new Sample<Quaternion>("Quaternion", QuaternionFormatter.Instance, default, new(1, -2, 3, 4)),
        new Sample<Plane>("Plane", PlaneFormatter.Instance, default, new(1, -2, 3, 4)),
        new Sample<Matrix3x2>("Matrix3x2", Matrix3x2Formatter.Instance, default, Matrix3x2.Identity, new(1, 2, 3, 4, 5, 6)),
        new Sample<Matrix4x4>(
            "Matrix4x4", Matrix4x4Formatter.Instance, default, new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),
        new Sample<IPAddress>(
            "IPAddress", IPAddressFormatter.Instance, IPAddress.Any, IPAddress.Broadcast, IPAddress.IPv6Any, IPAddress.Parse("2001:db8::1"),
            IPAddress.Parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295")),
        new Sample<IPEndPoint>(
            "IPEndPoint", IPEndPointFormatter.Instance, new(IPAddress.Loopback, 0), new(IPAddress.Parse("fe80::1%3"), IPEndPoint.MaxPort)),
        new Sample<CultureInfo>("CultureInfo", CultureInfoFormatter.Instance, CultureInfo.InvariantCulture),
        new Sample<TimeZoneInfo>("TimeZoneInfo", TimeZoneInfoFormatter.Instance, TimeZoneInfo.Utc),
        new Sample<JsonElement>(
            "JsonElement", JsonElementFormatter.Instance, Element(Json), Element("null"), Element("\"\""), Element("[]")),
        new Sample<JsonDocument>("JsonDocument", JsonDocumentFormatter.Instance, JsonDocument.Parse(Json), JsonDocument.Parse("0")),
        new Sample<JsonNode>(
            "JsonNode", JsonNodeFormatter.Instance, JsonNode.Parse(Json)!, JsonValue.Create("text"), JsonValue.Create(1.5m)),
        new Sample<JsonObject>("JsonObject", JsonObjectFormatter.Instance, [], new() { ["a"] = 1, ["b"] = null }),
        new Sample<JsonArray>("JsonArray", JsonArrayFormatter.Instance, [], new(1, null, new JsonObject())),
    ];

    private static JsonElement Element(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
