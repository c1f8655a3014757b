using System.Buffers;

namespace TunnelRpc.Serialization.Tests;

/// <summary>Writes and reads values in one expression, and converts bytes to and from hexadecimal text.</summary>
internal static class Codec
{
    public delegate void Writing(ref MessagePackWriter writer);

    public delegate T Reading<out T>(ref MessagePackReader reader);

    public static byte[] Write(Writing write)
    {
        ArrayBufferWriter<byte> output = new();
        MessagePackWriter writer = new(output);
        write(ref writer);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Write<T>(ITunnelFormatter<T> formatter, T value) =>
        Write((ref MessagePackWriter writer) => formatter.Write(ref writer, value));

    /// <summary>Reads one value and checks that it consumes all bytes.</summary>
    public static T Read<T>(ReadOnlySpan<byte> bytes, Reading<T> read)
    {
        MessagePackReader reader = new(bytes);
        T value = read(ref reader);
        reader.End.ShouldBeTrue("the value must consume all bytes");
        return value;
    }

    public static T Read<T>(ITunnelFormatter<T> formatter, ReadOnlySpan<byte> bytes) => Read(bytes, formatter.Read);

    /// <summary>Reads a value, which must fail, and returns the message of the MessagePackException.</summary>
    public static string ReadError<T>(string hex, Reading<T> read)
    {
        byte[] bytes = Bytes(hex);
        return Should.Throw<MessagePackException>(() =>
        {
            MessagePackReader reader = new(bytes);
            read(ref reader);
        }).Message;
    }

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
