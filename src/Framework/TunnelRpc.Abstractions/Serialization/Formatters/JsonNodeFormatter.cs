using System.ComponentModel;
using System.Text.Json.Nodes;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="JsonNode"/> as the MessagePack value that corresponds to it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class JsonNodeFormatter : ITunnelFormatter<JsonNode>
{
    /// <summary>The shared instance.</summary>
    public static readonly JsonNodeFormatter Instance = new();

    private JsonNodeFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, JsonNode value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(JsonNode));
        }

        JsonValueWriter.Write(ref writer, value);
    }

    /// <inheritdoc/>
    public JsonNode Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(JsonNode));
        return JsonNode.Parse(JsonValueReader.Read(ref reader).Span)!;
    }
}
