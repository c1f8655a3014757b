using System.Buffers;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class FailureBodyTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("\u00E9")]
    [InlineData("\u20AC")]
    [InlineData("\uD83D\uDE00")]
    [InlineData("\uD800")]
    [InlineData("x\uD83D\uDE00")]
    public void Error_message_of_any_length_fits_the_smallest_limit_and_stays_valid_text(string pattern)
    {
        for (int length = 0; length < 1200; length += 7)
        {
            string message = string.Concat(Enumerable.Repeat(pattern, length));

            byte[] body = Write(TunnelLimits.MinMessageSizeLimit, message, null);

            body.Length.ShouldBeLessThanOrEqualTo(TunnelLimits.MinMessageSizeLimit);
            TunnelException read = FailureBody.Read(body);
            read.Status.ShouldBe(TunnelStatus.NotFound);
            read.InnerException.ShouldBeNull("it could be read");
            if (length > 0 && pattern != "\uD800")
            {
                (message.StartsWith(read.Message, StringComparison.Ordinal)
                    || read.Message.StartsWith(message, StringComparison.Ordinal)).ShouldBeTrue(read.Message);
            }
        }
    }

    [Fact]
    public void Error_message_is_truncated_to_8_KiB_whatever_the_limit_of_the_peer()
    {
        FailureBody.Read(Write(1 << 20, new string('m', 100_000), null)).Message.Length.ShouldBe(8 << 10);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(511)]
    public void Detail_within_half_of_the_limit_is_sent_and_the_message_truncated(int size)
    {
        byte[] detail = [.. Enumerable.Range(0, size).Select(i => (byte)i)];

        byte[] body = Write(1024, new string('m', 5000), new TunnelFaultDetail("T", detail));

        body.Length.ShouldBeLessThanOrEqualTo(1024);
        TunnelException read = FailureBody.Read(body);
        read.Detail.ShouldNotBeNull().Type.ShouldBe("T");
        read.Detail.Value.ToArray().ShouldBe(detail);
    }

    [Theory]
    [InlineData(1, 600)]
    [InlineData(600, 1)]
    [InlineData(1, 1_000_000)]
    public void Detail_above_half_of_the_limit_is_omitted_and_the_message_says_so(int type, int size)
    {
        byte[] body = Write(1024, new string('m', 5000), new TunnelFaultDetail(new string('T', type), new byte[size]));

        body.Length.ShouldBeLessThanOrEqualTo(1024);
        TunnelException read = FailureBody.Read(body);
        read.Detail.ShouldBeNull();
        read.Message.ShouldEndWith("mmm (Its detail was too large to send: limit MaxMessageSize.)");
    }

    [Fact]
    public void Detail_type_with_invalid_characters_is_sent_with_replacement_characters()
    {
        TunnelException read = FailureBody.Read(Write(1024, "m", new TunnelFaultDetail("T\uD800", new byte[] { 1 })));

        read.Detail.ShouldNotBeNull().Type.ShouldBe("T\uFFFD");
    }

    private static byte[] Write(int limit, string message, TunnelFaultDetail? detail)
    {
        var output = new ArrayBufferWriter<byte>();
        FailureBody.Write(output, limit, TunnelStatus.NotFound, message, detail);
        return output.WrittenSpan.ToArray();
    }
}
