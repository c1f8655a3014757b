using System.ComponentModel;
using System.Text.Json.Nodes;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="JsonObject"/> as the MessagePack map that corresponds to it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class JsonObjectFormatter : ITunnelFormatter<JsonObject>
{
    /// <summary>The shared instance.</summary>
    public static readonly JsonObjectFormatter Instance = new();

    private JsonObjectFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, JsonObject value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(JsonObject));
        }

        JsonValueWriter.Write(ref writer, value);
    }

    /// <inheritdoc/>
    public JsonObject Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(JsonObject));
        int start = reader.Position;
        if (JsonNode.Parse(JsonValueReader.Read(ref reader).Span) is not JsonObject value)
        {
            ReadFailure.ThrowOutOfRange("a map", "another value", start);
            return null!;
        }

        return value;
    }
}
