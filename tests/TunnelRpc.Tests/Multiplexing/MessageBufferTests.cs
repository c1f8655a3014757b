using TunnelRpc.Multiplexing;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class MessageBufferTests
{
    [Fact]
    public void Message_up_to_the_limit_is_accepted()
    {
        MessageBuffer buffer = MessageBuffer.Rent(100_000);
        for (int i = 0; i < 100; i++)
        {
            buffer.GetSpan(1000)[..1000].Fill((byte)i);
            buffer.Advance(1000);
        }

        byte[] written = buffer.WrittenMemory.ToArray();
        buffer.Return();

        written.Length.ShouldBe(100_000);
        written[^1].ShouldBe((byte)99);
        written[999].ShouldBe((byte)0);
    }

    [Fact]
    public void Message_above_the_limit_fails_with_the_name_of_the_limit()
    {
        MessageBuffer buffer = MessageBuffer.Rent(1000);
        buffer.GetSpan(1001);

        TunnelException error = Should.Throw<TunnelException>(() => buffer.Advance(1001));

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("at most 1000 bytes");
        error.Message.ShouldContain("limit MaxMessageSize");
        buffer.Return();
    }

    [Fact]
    public void Memory_far_above_the_limit_is_not_allocated()
    {
        MessageBuffer buffer = MessageBuffer.Rent(1000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<TunnelException>(() => { buffer.GetSpan(500_000_000); });

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
        buffer.Return();
    }

    [Fact]
    public void Rented_buffer_is_empty_and_not_shared()
    {
        MessageBuffer first = MessageBuffer.Rent(1000);
        first.GetSpan(1)[0] = 1;
        first.Advance(1);
        MessageBuffer nested = MessageBuffer.Rent(1000);

        nested.ShouldNotBeSameAs(first);
        nested.Length.ShouldBe(0);
        nested.Return();
        first.Return();
        MessageBuffer again = MessageBuffer.Rent(1000);

        again.Length.ShouldBe(0);
        again.Return();
    }

    [Fact]
    public void Advance_beyond_the_buffer_fails()
    {
        MessageBuffer buffer = MessageBuffer.Rent(1 << 20);

        Should.Throw<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
        Should.Throw<ArgumentOutOfRangeException>(() => buffer.Advance(1 << 20));

        buffer.Return();
    }
}
