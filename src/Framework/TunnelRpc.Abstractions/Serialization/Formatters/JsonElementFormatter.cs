using System.ComponentModel;
using System.Text.Json;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="JsonElement"/> as the MessagePack value that corresponds to it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class JsonElementFormatter : ITunnelFormatter<JsonElement>
{
    /// <summary>The shared instance.</summary>
    public static readonly JsonElementFormatter Instance = new();

    private JsonElementFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, JsonElement value) => JsonValueWriter.Write(ref writer, value);

    /// <inheritdoc/>
    public JsonElement Read(ref MessagePackReader reader)
    {
        Utf8JsonReader json = new(JsonValueReader.Read(ref reader).Span);
        return JsonElement.ParseValue(ref json);
    }
}
