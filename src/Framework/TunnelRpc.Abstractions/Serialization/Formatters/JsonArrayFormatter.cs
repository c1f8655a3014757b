using System.ComponentModel;
using System.Text.Json.Nodes;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="JsonArray"/> as the MessagePack array that corresponds to it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class JsonArrayFormatter : ITunnelFormatter<JsonArray>
{
    /// <summary>The shared instance.</summary>
    public static readonly JsonArrayFormatter Instance = new();

    private JsonArrayFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, JsonArray value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(JsonArray));
        }

        JsonValueWriter.Write(ref writer, value);
    }

    /// <inheritdoc/>
    public JsonArray Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(JsonArray));
        int start = reader.Position;
        if (JsonNode.Parse(JsonValueReader.Read(ref reader).Span) is not JsonArray value)
        {
            ReadFailure.ThrowOutOfRange("an array", "another value", start);
            return null!;
        }

        return value;
    }
}
