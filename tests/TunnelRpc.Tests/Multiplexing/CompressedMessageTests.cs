using System.Buffers;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Fuzz;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class CompressedMessageTests
{
    private const int Limit = 1 << 20;

    [Theory]
    [InlineData(64)]
    [InlineData(2048)]
    [InlineData(16_385)]
    [InlineData(1_000_000)]
    public void Decompress_restores_the_compressed_message(int size)
    {
        byte[] message = Text(size);

        byte[] body = Compress(message);
        byte[] rented = CompressedMessage.Decompress(body, Limit, out int length);

        body.Length.ShouldBeLessThan(size);
        rented.AsSpan(0, length).SequenceEqual(message).ShouldBeTrue();
        ArrayPool<byte>.Shared.Return(rented);
    }

    [Fact]
    public void Compress_of_an_incompressible_message_leaves_it_unchanged()
    {
        byte[] noise = new byte[4096];
        new Random(1).NextBytes(noise);

        CompressedMessage.TryCompress(noise, out byte[] rented, out int length).ShouldBeFalse();

        (rented.Length, length).ShouldBe((0, 0));
    }

    [Fact]
    public void Decompress_above_the_limit_fails_with_the_name_of_the_limit_before_any_work()
    {
        byte[] body = [.. Peers.Wire.VarInt(Limit + 1), 1, 2, 3];

        TunnelException refused = Should.Throw<TunnelException>(() => CompressedMessage.Decompress(body, Limit, out _));

        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldContain("(limit MaxMessageSize)");
    }

    [Fact]
    public void Decompress_of_more_bytes_than_announced_fails_as_corrupt()
    {
        byte[] honest = Compress(new byte[100_000]);
        byte[] body = [.. Peers.Wire.VarInt(50_000), .. honest.AsSpan(VarInt.Size(100_000))];

        ShouldBeDamaged(body);
    }

    [Fact]
    public void Decompress_of_fewer_bytes_than_announced_fails_as_corrupt()
    {
        byte[] honest = Compress(new byte[50_000]);
        byte[] body = [.. Peers.Wire.VarInt(100_000), .. honest.AsSpan(VarInt.Size(50_000))];

        ShouldBeDamaged(body);
    }

    [Fact]
    public void Decompress_of_a_truncated_stream_fails_as_corrupt_at_any_length()
    {
        byte[] body = Compress(Text(500));

        for (int length = 0; length < body.Length; length++)
        {
            ShouldBeDamaged(body[..length]);
        }
    }

    [Fact]
    public void Decompress_with_trailing_bytes_fails_as_corrupt() => ShouldBeDamaged([.. Compress(Text(500)), 0]);

    [Fact]
    public void Decompress_with_an_announced_size_below_the_compressed_size_fails_as_corrupt() => ShouldBeDamaged([3, 1, 2, 3]);

    [Fact]
    public void Decompress_of_random_bytes_gives_a_message_within_the_limit_or_a_described_failure()
    {
        byte[] recorded = Compress(Text(700));
        int read = 0;
        int damaged = 0;

        for (int seed = 0; seed < FuzzBudget.Of(20_000); seed++)
        {
            var random = new Random(seed);
            byte[] body = random.Next(4) == 0 ? Mutation.Random(random, 200) : Mutation.Of(random, recorded);
            try
            {
                byte[] rented = CompressedMessage.Decompress(body, 2048, out int size);
                size.ShouldBeLessThanOrEqualTo(2048);
                ArrayPool<byte>.Shared.Return(rented);
                read++;
            }
            catch (TunnelException error)
            {
                error.Message.ShouldStartWith("Expected ");
                error.Status.ShouldBeOneOf(TunnelStatus.DataLoss, TunnelStatus.ResourceExhausted);
                damaged++;
            }
        }

        read.ShouldBeGreaterThan(0);
        damaged.ShouldBeGreaterThan(10_000);
    }

    [Theory]
    [InlineData((TunnelCompression)7, 2048, "Algorithm")]
    [InlineData(TunnelCompression.Brotli, 63, "MinimumSize")]
    [InlineData(TunnelCompression.Brotli, (1 << 30) + 1, "MinimumSize")]
    public void Compression_option_out_of_range_fails_with_the_name_of_the_option(TunnelCompression algorithm, int minimum, string name)
    {
        var options = new TunnelServerOptions();
        options.Compression.Algorithm = algorithm;
        options.Compression.MinimumSize = minimum;

        Should.Throw<ArgumentOutOfRangeException>(options.Validate).ParamName.ShouldBe(name);
    }

    internal static byte[] Compress(byte[] message)
    {
        CompressedMessage.TryCompress(message, out byte[] rented, out int length).ShouldBeTrue();
        byte[] body = rented[..length];
        ArrayPool<byte>.Shared.Return(rented);
        return body;
    }

    /// <summary>Compressible data that is not constant.</summary>
    internal static byte[] Text(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)('a' + (i * i / 7 % 11)))];

    private static void ShouldBeDamaged(byte[] body) =>
        Should.Throw<TunnelException>(() => CompressedMessage.Decompress(body, Limit, out _)).Status.ShouldBe(TunnelStatus.DataLoss);
}
