using System.Text.Json.Serialization;

namespace TunnelRpc.Cli.Probing;

/// <summary>Serializes <see cref="ProbeJson"/> without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ProbeJson))]
internal sealed partial class ProbeJsonContext : JsonSerializerContext;
