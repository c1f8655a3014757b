using System.Text.Json.Serialization;

namespace TunnelRpc.Micro.Codec;

/// <summary>The generated code of System.Text.Json for the measured types.</summary>
[JsonSerializable(typeof(Entry))]
[JsonSerializable(typeof(Entry[]))]
[JsonSerializable(typeof(byte[]))]
internal sealed partial class EntryJson : JsonSerializerContext;
