using System.Globalization;
using System.Text.Json;
using TunnelRpc.Serialization;

namespace TunnelRpc.Interop.MessagePack;

/// <summary>Checks the vectors of the npm package msgpack-test-suite: values, each with its valid encodings.</summary>
internal static class TestSuite
{
    public static void Check(string path, Tally tally)
    {
        (int passed, int failed) = (tally.Passed, tally.Failed);
        using JsonDocument suite = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (JsonProperty group in suite.RootElement.EnumerateObject())
        {
            foreach (JsonElement vector in group.Value.EnumerateArray())
            {
                Check(group.Name, vector, tally);
            }
        }

        tally.Section("msgpack-test-suite", passed, failed);
    }

    private static void Check(string group, JsonElement vector, Tally tally)
    {
        object? value = ValueOf(vector);
        string[] encodings = [.. vector.GetProperty("msgpack").EnumerateArray().Select(encoding => encoding.GetString()!)];

        foreach (string encoding in encodings)
        {
            byte[] bytes = Hex(encoding);
            tally.Add(Reads(bytes, value), () => $"{group}: {encoding} read as {vector}");
            tally.Add(SkipsWhole(bytes), () => $"{group}: {encoding} skipped");
        }

        string ours = Convert.ToHexStringLower(ValueTree.Encode(value));
        tally.Add(
            encodings.Any(encoding => Convert.ToHexStringLower(Hex(encoding)) == ours),
            () => $"{group}: {vector} written as {ours}");
    }

    // Reads the value as a tree, and as the type that an application would read.
    private static bool Reads(byte[] bytes, object? value)
    {
        if (!ValueComparison.Same(ValueTree.Decode(bytes), value, NumberRule.ByValue))
        {
            return false;
        }

        MessagePackReader reader = new(bytes);
        bool integer = reader.NextType == MessagePackType.Integer;
        bool same = value switch
        {
            Int128 whole when integer && whole > long.MaxValue => reader.ReadUInt64() == (ulong)whole,
            Int128 whole when integer => reader.ReadInt64() == (long)whole,
            Int128 whole => reader.ReadDouble() == (double)whole,
            double number => reader.ReadSingle() == (float)number,
            string text => reader.ReadNullableString() == text,
            Timestamp { Seconds: >= -62_135_596_800 } time =>
                reader.ReadTimestamp() == DateTime.UnixEpoch.AddSeconds(time.Seconds).AddTicks(time.Nanoseconds / 100),
            _ => reader.ReadRaw().Length == bytes.Length,
        };
        return same && reader.End;
    }

    private static bool SkipsWhole(byte[] bytes)
    {
        MessagePackReader reader = new(bytes);
        reader.Skip();
        return reader.End;
    }

    private static object? ValueOf(JsonElement vector)
    {
        // A large integer is contained twice, since some JSON readers lose its precision. The text is exact.
        if (vector.TryGetProperty("bignum", out JsonElement big))
        {
            return Int128.Parse(big.GetString()!, CultureInfo.InvariantCulture);
        }

        JsonProperty named = vector.EnumerateObject().Single(property => property.Name != "msgpack");
        return named.Name switch
        {
            "binary" => Hex(named.Value.GetString()!),
            "timestamp" => new Timestamp(named.Value[0].GetInt64(), named.Value[1].GetUInt32()),
            "ext" => new Extension(named.Value[0].GetSByte(), Hex(named.Value[1].GetString()!)),
            "nil" or "bool" or "number" or "string" or "array" or "map" => FromJson(named.Value),
            _ => throw new InvalidDataException($"Expected a known kind of vector, got '{named.Name}'."),
        };
    }

    private static object? FromJson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.TryGetInt64(out long integer) ? (Int128)integer : json.GetDouble(),
        JsonValueKind.Array => json.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.Object => json.EnumerateObject()
            .Select(property => new KeyValuePair<object?, object?>(property.Name, FromJson(property.Value)))
            .ToList(),
        _ => throw new InvalidDataException($"Expected a JSON value, got {json.ValueKind}."),
    };

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace("-", "", StringComparison.Ordinal));
}
