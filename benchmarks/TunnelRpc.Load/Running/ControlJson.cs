using System.Text.Json.Serialization;
using TunnelRpc.Load.Reporting;

namespace TunnelRpc.Load.Running;

/// <summary>The generated JSON serialization of the messages between the processes, and of the rows.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Usage))]
[JsonSerializable(typeof(Figures))]
[JsonSerializable(typeof(StreamFigures))]
[JsonSerializable(typeof(HeldMemory))]
[JsonSerializable(typeof(IReadOnlyList<Measurement>))]
internal sealed partial class ControlJson : JsonSerializerContext;
