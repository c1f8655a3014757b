using System.Text.Json.Serialization;

namespace TunnelRpc.Micro.Codec;

/// <summary>System.Text.Json's generated code for the same object.</summary>
[JsonSerializable(typeof(Entry))]
[JsonSerializable(typeof(Entry[]))]
[JsonSerializable(typeof(byte[]))]
internal sealed partial class EntryJson : JsonSerializerContext;
