using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TunnelRpc.Serialization.Formatters;

// Decision: docs/adr/0081-more-types-of-the-platform.md
/// <summary>Writes JSON values as the MessagePack values that correspond to them.</summary>
internal static class JsonValueWriter
{
    // The limit of depth is that of the writer. It is lower than this.
    private static readonly JsonDocumentOptions AnyDepth = new() { MaxDepth = 1000 };

    /// <summary>Writes a node.</summary>
    public static void Write(ref MessagePackWriter writer, JsonNode node)
    {
        // A value of a node may be any object, which only the node itself can convert to JSON.
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            node.WriteTo(json);
        }

        using JsonDocument document = JsonDocument.Parse(text.WrittenMemory, AnyDepth);
        Write(ref writer, document.RootElement);
    }

    /// <summary>Writes an element.</summary>
    public static void Write(ref MessagePackWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Null:
                writer.WriteNil();
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.Write(element.GetBoolean());
                break;
            case JsonValueKind.Number:
                WriteNumber(ref writer, element);
                break;
            case JsonValueKind.String:
                writer.Write(GetText(element));
                break;
            case JsonValueKind.Array:
                writer.IncrementDepth();
                writer.WriteArrayHeader(element.GetArrayLength());
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Write(ref writer, item);
                }

                writer.DecrementDepth();
                break;
            case JsonValueKind.Object:
                WriteObject(ref writer, element);
                break;
            default:
                WriteFailure.ThrowNotJson("the default value of JsonElement");
                break;
        }
    }

    private static void WriteObject(ref MessagePackWriter writer, JsonElement element)
    {
        int count = element.GetPropertyCount();
        HashSet<string> names = new(count);
        writer.IncrementDepth();
        writer.WriteMapHeader(count);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = GetName(property);
            if (!names.Add(name))
            {
                WriteFailure.ThrowNotJson($"an object with two properties of the name '{name}'");
            }

            writer.Write(name);
            Write(ref writer, property.Value);
        }

        writer.DecrementDepth();
    }

    // An escape sequence of JSON can denote a lone surrogate.
    private static string GetText(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            WriteFailure.ThrowNotJson("a string with a lone surrogate, which UTF-8 cannot represent");
            return "";
        }
    }

    private static string GetName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            WriteFailure.ThrowNotJson("a name with a lone surrogate, which UTF-8 cannot represent");
            return "";
        }
    }

    private static void WriteNumber(ref MessagePackWriter writer, JsonElement element)
    {
        if (element.TryGetInt64(out long signed))
        {
            writer.Write(signed);
        }
        else if (element.TryGetUInt64(out ulong unsigned))
        {
            writer.Write(unsigned);
        }
        else if (element.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') && double.IsFinite(element.GetDouble()))
        {
            writer.Write(element.GetDouble());
        }
        else
        {
            WriteFailure.ThrowNotJson($"the number {element.GetRawText()}");
        }
    }
}
