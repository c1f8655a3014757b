using System.Buffers.Binary;
using System.Text;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Framing;

/// <summary>A minimal encoding of the sample: id (i32), value (f64), name (UTF-8, up to the end).</summary>
internal static class SampleCodec
{
    public static int Encode(Span<byte> destination, Sample sample)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, sample.Id);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[4..], sample.Value);
        return 12 + Encoding.UTF8.GetBytes(sample.Name, destination[12..]);
    }

    public static Sample Decode(ReadOnlySpan<byte> body) => new(
        BinaryPrimitives.ReadInt32LittleEndian(body),
        Encoding.UTF8.GetString(body[12..]),
        BinaryPrimitives.ReadDoubleLittleEndian(body[4..]));
}
