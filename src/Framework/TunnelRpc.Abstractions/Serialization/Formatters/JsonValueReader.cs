using System.Buffers;
using System.Text.Json;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Reads MessagePack values as the JSON text that corresponds to them.</summary>
internal static class JsonValueReader
{
    /// <summary>Reads one value and returns it as JSON in UTF-8.</summary>
    /// <exception cref="MessagePackException">The value contains something that JSON does not have.</exception>
    public static ReadOnlyMemory<byte> Read(ref MessagePackReader reader)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            Copy(ref reader, json);
        }

        return text.WrittenMemory;
    }

    private static void Copy(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                json.WriteNullValue();
                break;
            case MessagePackType.Boolean:
                json.WriteBooleanValue(reader.ReadBoolean());
                break;
            case MessagePackType.Integer:
                CopyInteger(ref reader, json);
                break;
            case MessagePackType.Float:
                CopyFloat(ref reader, json);
                break;
            case MessagePackType.String:
                json.WriteStringValue(reader.ReadString());
                break;
            case MessagePackType.Array:
                CopyArray(ref reader, json);
                break;
            case MessagePackType.Map:
                CopyMap(ref reader, json);
                break;
            default:
                ReadFailure.ThrowOutOfRange("a value that JSON has", $"a value of the kind {reader.NextType}", reader.Position);
                break;
        }
    }

    private static void CopyInteger(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        long value = reader.ReadInteger("an integer", out bool aboveInt64);
        if (aboveInt64)
        {
            json.WriteNumberValue((ulong)value);
        }
        else
        {
            json.WriteNumberValue(value);
        }
    }

    private static void CopyFloat(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        int start = reader.Position;
        double value = reader.ReadDouble();
        if (!double.IsFinite(value))
        {
            ReadFailure.ThrowOutOfRange("a value that JSON has", "a float that is infinite or not a number", start);
        }

        json.WriteNumberValue(value);
    }

    private static void CopyArray(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        reader.IncrementDepth();
        int count = reader.ReadArrayHeader();
        json.WriteStartArray();
        for (int i = 0; i < count; i++)
        {
            Copy(ref reader, json);
        }

        json.WriteEndArray();
        reader.DecrementDepth();
    }

    private static void CopyMap(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        reader.IncrementDepth();
        int count = reader.ReadMapHeader();
        HashSet<string> names = [];
        json.WriteStartObject();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            if (!names.Add(name))
            {
                ReadFailure.ThrowDuplicateKey(reader.Position);
            }

            json.WritePropertyName(name);
            Copy(ref reader, json);
        }

        json.WriteEndObject();
        reader.DecrementDepth();
    }
}
