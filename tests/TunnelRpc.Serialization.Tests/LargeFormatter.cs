namespace TunnelRpc.Serialization.Tests;

internal sealed class LargeFormatter : ITunnelFormatter<Large>
{
    public static readonly LargeFormatter Instance = new();

    public void Write(ref MessagePackWriter writer, Large value) => writer.Write(value[0]);

    public Large Read(ref MessagePackReader reader)
    {
        Large value = default;
        value[0] = reader.ReadInt32();
        return value;
    }
}
