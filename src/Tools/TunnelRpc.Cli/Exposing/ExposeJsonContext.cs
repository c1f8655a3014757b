using System.Text.Json.Serialization;

namespace TunnelRpc.Cli.Exposing;

/// <summary>Serializes <see cref="ExposeJson"/> without reflection, in one line.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExposeJson))]
internal sealed partial class ExposeJsonContext : JsonSerializerContext;
