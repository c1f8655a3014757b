namespace TunnelRpc.Interop.MessagePack;

/// <summary>An extension value.</summary>
internal sealed record Extension(sbyte Type, byte[] Data);
