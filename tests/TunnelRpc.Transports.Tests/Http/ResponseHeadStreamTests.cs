using System.Text;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Tests.Http;

/// <summary>Reads end with a head, so that the connection can leave the HTTP client after a 101.</summary>
public sealed class ResponseHeadStreamTests
{
    private const string Head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tunnelrpc\r\n\r\n";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4096)]
    public async Task Read_returns_no_byte_after_a_head(int bufferSize)
    {
        await using ResponseHeadStream stream = new(CreateInner(Head + "session"));

        (await ReadAsync(stream, Head.Length, bufferSize)).ShouldBe(Head);
        (await ReadAsync(stream, 7, bufferSize)).ShouldBe("session");
        (await stream.ReadAsync(new byte[16])).ShouldBe(0);
    }

    [Fact]
    public async Task Read_returns_one_of_several_heads()
    {
        await using ResponseHeadStream stream = new(CreateInner("HTTP/1.1 103 Early Hints\r\n\r\n" + Head + "a\r\n\r\r\n\r\nb"));
        byte[] buffer = new byte[4096];
        List<string> reads = [];
        while (await stream.ReadAsync(buffer) is > 0 and int read)
        {
            reads.Add(Encoding.ASCII.GetString(buffer, 0, read));
        }

        reads.ShouldBe(["HTTP/1.1 103 Early Hints\r\n\r\n", Head, "a\r\n\r\r\n\r\n", "b"]);
    }

    [Fact]
    public async Task Inner_stream_outlives_the_stream_that_was_detached_after_a_head()
    {
        MemoryStream inner = CreateInner(Head);
        ResponseHeadStream stream = new(inner);
        await ReadAsync(stream, Head.Length, 4096);

        stream.Detach().ShouldBe(inner);
        await stream.DisposeAsync();

        inner.CanRead.ShouldBeTrue();
    }

    [Theory]
    [InlineData(Head + "x", 4096)]
    [InlineData("HTTP/1.1 101 Switching Protocols\n\n", 4096)]
    [InlineData(Head, 20)]
    public async Task Stream_stays_in_use_if_the_last_byte_does_not_end_a_head_or_more_was_received(string received, int read)
    {
        MemoryStream inner = CreateInner(received);
        ResponseHeadStream stream = new(inner);
        byte[] buffer = new byte[read];
        int first = await stream.ReadAsync(buffer);

        stream.Detach().ShouldBeNull();

        (await ReadAsync(stream, received.Length - first, 4096)).ShouldBe(received[first..]);
        await stream.DisposeAsync();
        inner.CanRead.ShouldBeFalse();
    }

    private static MemoryStream CreateInner(string received) => new(Encoding.ASCII.GetBytes(received));

    private static async Task<string> ReadAsync(ResponseHeadStream stream, int count, int bufferSize)
    {
        byte[] buffer = new byte[bufferSize];
        StringBuilder text = new();
        while (text.Length < count)
        {
            int read = await stream.ReadAsync(buffer);
            read.ShouldBeGreaterThan(0);
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
