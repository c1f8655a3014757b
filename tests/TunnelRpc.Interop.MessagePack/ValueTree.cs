using System.Buffers;
using TunnelRpc.Serialization;

namespace TunnelRpc.Interop.MessagePack;

/// <summary>
/// Encodes and decodes any MessagePack value as objects: null, bool, Int128 (every integer), float, double, string, byte[],
/// <see cref="Extension"/>, <see cref="Timestamp"/>, a list of values, or a list of pairs of values.
/// </summary>
internal static class ValueTree
{
    public static byte[] Encode(object? value)
    {
        ArrayBufferWriter<byte> output = new();
        MessagePackWriter writer = new(output);
        Write(ref writer, value);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    public static object? Decode(ReadOnlySpan<byte> bytes)
    {
        MessagePackReader reader = new(bytes);
        object? value = Read(ref reader);
        return reader.End ? value : throw new MessagePackException($"Expected one value, got {reader.Remaining} more bytes.");
    }

    private static void Write(ref MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNil();
                break;
            case bool boolean:
                writer.Write(boolean);
                break;
            case Int128 integer when integer > long.MaxValue:
                writer.Write((ulong)integer);
                break;
            case Int128 integer:
                writer.Write((long)integer);
                break;
            case float single:
                writer.Write(single);
                break;
            case double number:
                writer.Write(number);
                break;
            case string text:
                writer.Write(text);
                break;
            case byte[] bytes:
                writer.WriteBinary(bytes);
                break;
            case Extension extension:
                writer.WriteExtension(extension.Type, extension.Data);
                break;
            case Timestamp timestamp:
                writer.WriteTimestamp(timestamp.Seconds, timestamp.Nanoseconds);
                break;
            case List<object?> items:
                writer.IncrementDepth();
                writer.WriteArrayHeader(items.Count);
                foreach (object? item in items)
                {
                    Write(ref writer, item);
                }

                writer.DecrementDepth();
                break;
            case List<KeyValuePair<object?, object?>> pairs:
                writer.IncrementDepth();
                writer.WriteMapHeader(pairs.Count);
                foreach ((object? key, object? item) in pairs)
                {
                    Write(ref writer, key);
                    Write(ref writer, item);
                }

                writer.DecrementDepth();
                break;
            default:
                throw new ArgumentException($"Expected one of the types of a value tree, got {value.GetType()}.", nameof(value));
        }
    }

    private static object? Read(ref MessagePackReader reader)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.Integer:
                // Only the encoding uint 64 with the highest bit set exceeds the range of long.
                MessagePackReader ahead = reader;
                bool aboveLong = ahead.ReadRaw() is [0xcf, >= 0x80, ..];
                return aboveLong ? (Int128)reader.ReadUInt64() : reader.ReadInt64();
            case MessagePackType.Float:
                return reader.ReadDouble();
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Binary:
                return reader.ReadBinary().ToArray();
            case MessagePackType.Extension:
                MessagePackReader timestamp = reader;
                ReadOnlySpan<byte> data = reader.ReadExtension(out sbyte type);
                if (type != -1)
                {
                    return new Extension(type, data.ToArray());
                }

                timestamp.ReadTimestamp(out long seconds, out uint nanoseconds);
                return new Timestamp(seconds, nanoseconds);
            case MessagePackType.Array:
                reader.IncrementDepth();
                List<object?> items = [];
                for (int remaining = reader.ReadArrayHeader(); remaining > 0; remaining--)
                {
                    items.Add(Read(ref reader));
                }

                reader.DecrementDepth();
                return items;
            case MessagePackType.Map:
                reader.IncrementDepth();
                List<KeyValuePair<object?, object?>> pairs = [];
                for (int remaining = reader.ReadMapHeader(); remaining > 0; remaining--)
                {
                    pairs.Add(new(Read(ref reader), Read(ref reader)));
                }

                reader.DecrementDepth();
                return pairs;
            default:
                reader.ReadNil();
                return null;
        }
    }
}
