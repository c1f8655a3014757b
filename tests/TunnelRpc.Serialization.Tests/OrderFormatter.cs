namespace TunnelRpc.Serialization.Tests;

/// <summary>Formats <see cref="Order"/> as generated code does: as a map by member name.</summary>
internal sealed class OrderFormatter : ITunnelFormatter<Order>
{
    public static readonly OrderFormatter Instance = new();

    public void Write(ref MessagePackWriter writer, Order value)
    {
        writer.IncrementDepth();
        writer.WriteMapHeader(5);
        writer.WriteUtf8("Id"u8);
        writer.Write(value.Id);
        writer.WriteUtf8("Amount"u8);
        writer.Write(value.Amount);
        writer.WriteUtf8("Ticks"u8);
        writer.Write(value.Ticks);
        writer.WriteUtf8("Open"u8);
        writer.Write(value.Open);
        writer.WriteUtf8("Count"u8);
        writer.Write(value.Count);
        writer.DecrementDepth();
    }

    public Order Read(ref MessagePackReader reader)
    {
        Order value = new();
        reader.IncrementDepth();
        for (int remaining = reader.ReadMapHeader(); remaining > 0; remaining--)
        {
            ReadOnlySpan<byte> key = reader.ReadUtf8();
            if (key.SequenceEqual("Id"u8))
            {
                value.Id = reader.ReadInt32();
            }
            else if (key.SequenceEqual("Amount"u8))
            {
                value.Amount = reader.ReadDouble();
            }
            else if (key.SequenceEqual("Ticks"u8))
            {
                value.Ticks = reader.ReadInt64();
            }
            else if (key.SequenceEqual("Open"u8))
            {
                value.Open = reader.ReadBoolean();
            }
            else if (key.SequenceEqual("Count"u8))
            {
                value.Count = reader.ReadInt32();
            }
            else
            {
                reader.Skip();
            }
        }

        reader.DecrementDepth();
        return value;
    }
}
