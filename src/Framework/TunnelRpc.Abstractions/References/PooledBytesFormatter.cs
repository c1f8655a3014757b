using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>A chunk as binary data.</summary>
internal sealed class PooledBytesFormatter : ITunnelFormatter<PooledBytes>
{
    public static readonly PooledBytesFormatter Instance = new();

    public void Write(ref MessagePackWriter writer, PooledBytes value) => writer.WriteBinary(value.Array.AsSpan(0, value.Length));

    public PooledBytes Read(ref MessagePackReader reader) => PooledBytes.Copy(reader.ReadBinary());
}
