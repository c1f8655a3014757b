using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Tests.Fuzz;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Transports.Tests.Http1;

public sealed class ChunkedDecoderTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "hello!")]
    [InlineData("00a;name=value;x\r\n0123456789\r\n0;last\r\nTrailer: x\r\nOther: y\r\n\r\n", "0123456789")]
    [InlineData("A\r\n0123456789\r\n000\r\n\r\n", "0123456789")]
    public void Body_split_at_any_byte_is_decoded(string body, string expected)
    {
        for (int inputBytes = 1; inputBytes <= body.Length; inputBytes++)
        {
            (string data, bool end, int consumed) = Decode(Bytes(body + "next"), inputBytes, destinationBytes: 3);

            data.ShouldBe(expected);
            end.ShouldBeTrue();
            consumed.ShouldBe(body.Length);
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("g\r\n")]
    [InlineData("-1\r\n")]
    [InlineData(" 1\r\n")]
    [InlineData("1 \r\n")]
    [InlineData("0x1\r\n")]
    [InlineData("1\nx\r\n")]
    [InlineData("1\rx")]
    [InlineData("1\r\nxx")]
    [InlineData("1\r\nx\n")]
    [InlineData("1\r\nx\rx")]
    [InlineData("80000000\r\n")]
    [InlineData("10000000000000000\r\n")]
    [InlineData("1;a\nb\r\n")]
    [InlineData("0\r\nA: b\nC: d\r\n\r\n")]
    [InlineData("0\r\n\rx")]
    [InlineData("000000001\r\na\r\n0\r\n\r\n")]
    [InlineData("0\r\nnothing\r\n\r\n")]
    [InlineData("0\r\nA : b\r\n\r\n")]
    [InlineData("0\r\n: b\r\n\r\n")]
    [InlineData("0\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("0\r\nGET / HTTP/1.1\r\n\r\n")]
    public void Malformed_body_is_refused(string body)
        => Should.Throw<MalformedHttpException>(() => Decode(Bytes(body), 1, destinationBytes: 16)).Message.ShouldStartWith("Expected ");

    [Fact]
    public void Size_line_or_trailer_above_its_limit_is_refused()
    {
        string digits = new('0', Http1Limits.MaxChunkLineBytes + 1);
        string extension = "1;" + new string('x', Http1Limits.MaxChunkLineBytes);
        string trailer = "0\r\n" + new string('x', Http1Limits.MaxTrailerBytes + 1);

        foreach (string body in new[] { digits, extension, trailer })
        {
            Should.Throw<MalformedHttpException>(() => Decode(Bytes(body), 7, destinationBytes: 16)).Message.ShouldContain("at most");
        }
    }

    [Fact]
    public void Trailers_above_the_limit_in_total_are_refused()
    {
        string trailers = "0\r\n" + string.Concat(Enumerable.Repeat("a: b\r\n", Http1Limits.MaxTrailerBytes));

        Should.Throw<MalformedHttpException>(() => Decode(Bytes(trailers), 64, destinationBytes: 16));
    }

    [Fact]
    public void Random_bytes_are_decoded_or_refused_with_the_declared_exception()
        => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), IsDecodedOrRefused)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(20_000)));

    [Fact]
    public void Mutated_bodies_are_decoded_or_refused_with_the_declared_exception()
        => Prop.ForAll(Mutations.Of(Bytes("5\r\nhello\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nA: "
            + "b\r\n\r\n")).ToArbitrary(), IsDecodedOrRefused)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(20_000)));

    [Fact]
    public void Written_chunks_are_decoded_unchanged()
        => Prop.ForAll(ArbMap.Default.ArbFor<byte[][]>(), ArbMap.Default.ArbFor<PositiveInt>(), (blocks, inputBytes) =>
        {
            using MemoryStream stream = new();
            foreach (byte[] block in blocks.Where(block => block is { Length: > 0 }))
            {
                // Completes synchronously on a MemoryStream.
                Task write = ChunkedWriter.WriteAsync(stream, new ReadOnlySequence<byte>(block), CancellationToken.None).AsTask();
                write.IsCompletedSuccessfully.ShouldBeTrue();
            }

            stream.Write(ChunkedWriter.LastChunk.Span);
            (string data, bool end, int consumed) = Decode(stream.ToArray(), inputBytes.Get, destinationBytes: 5);
            return end && consumed == stream.Length && Bytes(data).SequenceEqual(blocks.SelectMany(block => block ?? []));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzBudget.Of(2_000)));

    [Fact]
    public async Task Large_data_is_written_as_several_chunks()
    {
        byte[] data = new byte[(3 * ChunkedWriter.MaxDataBytes) + 5];
        new Random(1).NextBytes(data);
        using MemoryStream stream = new();

        await ChunkedWriter.WriteAsync(stream, new ReadOnlySequence<byte>(data), CancellationToken.None);

        (string decoded, bool end, int consumed) = Decode(stream.ToArray(), 10_000, destinationBytes: 4096);
        Bytes(decoded).AsSpan().SequenceEqual(data).ShouldBeTrue();
        end.ShouldBeFalse();
        consumed.ShouldBe((int)stream.Length);
    }

    private static bool IsDecodedOrRefused(byte[] bytes)
    {
        string? whole = TryDecode(bytes, Math.Max(1, bytes.Length));
        string? split = TryDecode(bytes, 1);

        // The result is the same however the input is split.
        return whole == split;
    }

    private static string? TryDecode(byte[] bytes, int inputBytes)
    {
        try
        {
            (string data, bool end, int consumed) = Decode(bytes, inputBytes, destinationBytes: 4);
            return $"{data}|{end}|{consumed}";
        }
        catch (MalformedHttpException)
        {
            return null;
        }
    }

    private static (string Data, bool End, int Consumed) Decode(byte[] bytes, int inputBytes, int destinationBytes)
    {
        ChunkedDecoder decoder = new();
        StringBuilder data = new();
        byte[] destination = new byte[destinationBytes];
        int position = 0;
        while (position < bytes.Length && !decoder.IsEnd)
        {
            ReadOnlySpan<byte> input = bytes.AsSpan(position, Math.Min(inputBytes, bytes.Length - position));
            (int consumed, int written) = decoder.Decode(input, destination);
            (consumed + written).ShouldBeGreaterThan(0);
            data.Append(Encoding.Latin1.GetString(destination, 0, written));
            position += consumed;
        }

        return (data.ToString(), decoder.IsEnd, position);
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
