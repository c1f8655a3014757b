using System.Text.Json.Serialization;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Http;

/// <summary>The generated JSON serialization of the measured types.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Sample))]
[JsonSerializable(typeof(IAsyncEnumerable<Sample>))]
internal sealed partial class SampleJson : JsonSerializerContext;
