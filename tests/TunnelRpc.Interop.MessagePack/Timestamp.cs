namespace TunnelRpc.Interop.MessagePack;

/// <summary>A timestamp with the full range and precision of the specification.</summary>
internal sealed record Timestamp(long Seconds, uint Nanoseconds);
