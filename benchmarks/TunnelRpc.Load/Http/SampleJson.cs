using System.Text.Json.Serialization;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Http;

/// <summary>Generated JSON of what is measured.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Sample))]
[JsonSerializable(typeof(IAsyncEnumerable<Sample>))]
internal sealed partial class SampleJson : JsonSerializerContext;
