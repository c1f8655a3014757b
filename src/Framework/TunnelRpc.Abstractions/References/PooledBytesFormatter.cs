using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>Encodes a chunk as binary data. Reading copies the bytes to an array of the pool.</summary>
internal sealed class PooledBytesFormatter : ITunnelFormatter<PooledBytes>
{
    public static readonly PooledBytesFormatter Instance = new();

    public void Write(ref MessagePackWriter writer, PooledBytes value) => writer.WriteBinary(value.Array.AsSpan(0, value.Length));

    public PooledBytes Read(ref MessagePackReader reader) => PooledBytes.Copy(reader.ReadBinary());
}
