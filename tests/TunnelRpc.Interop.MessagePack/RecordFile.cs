using System.Buffers.Binary;

namespace TunnelRpc.Interop.MessagePack;

/// <summary>A file of encoded values. Each record is a length (32 bits, big-endian) and that many bytes.</summary>
internal static class RecordFile
{
    public static void Write(string path, IEnumerable<byte[]> records)
    {
        using FileStream file = File.Create(path);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (byte[] record in records)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, record.Length);
            file.Write(length);
            file.Write(record);
        }
    }

    public static List<byte[]> Read(string path)
    {
        List<byte[]> records = [];
        using FileStream file = File.OpenRead(path);
        byte[] length = new byte[sizeof(int)];
        while (file.Position < file.Length)
        {
            file.ReadExactly(length);
            byte[] record = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            file.ReadExactly(record);
            records.Add(record);
        }

        return records;
    }
}
