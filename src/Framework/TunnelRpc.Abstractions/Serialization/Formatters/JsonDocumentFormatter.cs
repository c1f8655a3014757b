using System.ComponentModel;
using System.Text.Json;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="JsonDocument"/> as the MessagePack value that corresponds to its root. A document whose root is null is rejected.
/// The caller disposes a document that was read.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class JsonDocumentFormatter : ITunnelFormatter<JsonDocument>
{
    /// <summary>The shared instance.</summary>
    public static readonly JsonDocumentFormatter Instance = new();

    private JsonDocumentFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, JsonDocument value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(JsonDocument));
        }

        if (value.RootElement.ValueKind == JsonValueKind.Null)
        {
            WriteFailure.ThrowNull(typeof(JsonDocument));
        }

        JsonValueWriter.Write(ref writer, value.RootElement);
    }

    /// <inheritdoc/>
    public JsonDocument Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(JsonDocument));
        return JsonDocument.Parse(JsonValueReader.Read(ref reader));
    }
}
