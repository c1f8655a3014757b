using System.Text;
using TunnelRpc.Tests.Fuzz;
using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Transports.Tests.Legs;

public sealed class LegRecordParserTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Records_split_at_any_byte_are_parsed(int size)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(string.Concat(
            LegPeer.Record(1, "abc"),
            LegPeer.Record(0x80, "padding"),
            LegPeer.Record(2, "\0\0\0\0\0\0\u0001\u0000"),
            LegPeer.Record(1, ""),
            LegPeer.Record(0xFF, ""),
            LegPeer.Record(1, "defgh"),
            LegPeer.Record(3, "\0\0\0\u0002\0\0\0\u0005"),
            LegPeer.Record(4, "\0\0\0\0\0\0\0\u0008")));

        (string data, string controls, bool isAtBoundary) = Parse(bytes, size);

        data.ShouldBe("abcdefgh");
        controls.ShouldBe("Consumed 256, Probe 8589934597, End 8");
        isAtBoundary.ShouldBeTrue();
    }

    [Theory]
    [InlineData("\u0000\0\0\0")]
    [InlineData("\u0005\0\0\u0008")]
    [InlineData("\u0002\0\0\u0007")]
    [InlineData("\u0004\u0001\0\u0008")]
    [InlineData("\u0002\0\0\u0008\u00ff\0\0\0\0\0\0\0")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    public void Malformed_record_is_refused_immediately(string text)
        => Should.Throw<TransportException>(() => Parse(Encoding.Latin1.GetBytes(text), 1));

    [Fact]
    public void Random_bytes_are_parsed_or_refused_with_a_transport_exception()
    {
        Random random = new(1);
        for (int run = 0; run < FuzzBudget.Of(20_000); run++)
        {
            byte[] bytes = new byte[random.Next(1, 64)];
            random.NextBytes(bytes);
            bytes[0] = (byte)random.Next(0, 6);
            Record.Exception(() => Parse(bytes, random.Next(1, 64)))?.ShouldBeOfType<TransportException>();
        }
    }

    private static (string Data, string Controls, bool IsAtBoundary) Parse(byte[] bytes, int size)
    {
        LegRecordParser parser = new();
        StringBuilder data = new();
        List<string> controls = [];
        for (int start = 0; start < bytes.Length; start += size)
        {
            ReadOnlySpan<byte> input = bytes.AsSpan(start, Math.Min(size, bytes.Length - start));
            while (parser.TryRead(ref input, out LegRecordType type, out long value, out ReadOnlySpan<byte> chunk))
            {
                if (type == LegRecordType.Data)
                {
                    data.Append(Encoding.Latin1.GetString(chunk));
                    parser.Advance(ref input, chunk.Length);
                }
                else
                {
                    controls.Add($"{type} {value}");
                }
            }

            input.IsEmpty.ShouldBeTrue();
        }

        return (data.ToString(), string.Join(", ", controls), parser.IsAtRecordBoundary);
    }
}
