namespace TunnelRpc.Interop.MessagePack;

/// <summary>A timestamp with all that the specification allows.</summary>
internal sealed record Timestamp(long Seconds, uint Nanoseconds);
