using System.Buffers;
using System.Text;
using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Transports.Tests.Legs;

public sealed class LegSendBufferTests
{
    [Fact]
    public async Task Acknowledgement_of_the_previous_leg_leaves_no_gap_in_the_current_one()
    {
        using LegSendBuffer buffer = new(1000, 1000);
        long first = buffer.ClaimFromAcknowledged(out _);
        await AppendAsync(buffer, "0123456789");
        Take(buffer, first);

        long second = buffer.ClaimFromAcknowledged(out long from);
        buffer.TryAcknowledge(6).ShouldBeTrue();

        from.ShouldBe(0);
        Take(buffer, second).ShouldBe("0123456789");
        buffer.ClaimFromAcknowledged(out long next);
        next.ShouldBe(6);
    }

    [Fact]
    public async Task Only_the_most_recent_claim_takes_bytes()
    {
        using LegSendBuffer buffer = new(1000, 1000);
        long first = buffer.ClaimFromAcknowledged(out _);
        long second = buffer.ClaimFromAcknowledged(out _);
        await AppendAsync(buffer, "abc");

        buffer.TakeUnsent(first, new byte[10], out _).ShouldBe(-1);
        Take(buffer, second).ShouldBe("abc");
    }

    [Fact]
    public async Task Acknowledgement_beyond_the_sent_bytes_is_refused_and_an_old_one_ignored()
    {
        using LegSendBuffer buffer = new(1000, 1000);
        long claim = buffer.ClaimFromAcknowledged(out _);
        await AppendAsync(buffer, "abcdef");
        buffer.TakeUnsent(claim, new byte[4], out _);

        buffer.TryAcknowledge(5).ShouldBeFalse();
        buffer.TryAcknowledge(4).ShouldBeTrue();
        buffer.TryAcknowledge(2).ShouldBeTrue();

        buffer.AcknowledgedOffset.ShouldBe(4);
        buffer.TryClaimFrom(3, out _).ShouldBeFalse();
        buffer.TryClaimFrom(4, out long third).ShouldBeTrue();
        Take(buffer, third).ShouldBe("ef");
    }

    [Fact]
    public async Task Writer_waits_for_capacity_and_fails_with_the_buffer()
    {
        using LegSendBuffer buffer = new(8, 4);
        long claim = buffer.ClaimFromAcknowledged(out _);
        await AppendAsync(buffer, "0123");
        Task unsent = AppendAsync(buffer, "4567");
        unsent.IsCompleted.ShouldBeFalse("four bytes are unsent, which is the limit");
        Take(buffer, claim).ShouldBe("0123");
        await unsent;
        Take(buffer, claim).ShouldBe("4567");

        Task unacknowledged = AppendAsync(buffer, "89");
        unacknowledged.IsCompleted.ShouldBeFalse("eight bytes are unacknowledged, which is the limit");
        buffer.TryAcknowledge(2).ShouldBeTrue();
        await unacknowledged;

        Take(buffer, claim).ShouldBe("89");
        buffer.Fail(new TransportException("broken"));
        (await Should.ThrowAsync<TransportException>(() => AppendAsync(buffer, "x"))).Message.ShouldBe("broken");
    }

    private static Task AppendAsync(LegSendBuffer buffer, string text)
        => buffer.AppendAsync(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text)), CancellationToken.None).AsTask();

    private static string Take(LegSendBuffer buffer, long claim)
    {
        byte[] bytes = new byte[1000];
        return Encoding.ASCII.GetString(bytes, 0, buffer.TakeUnsent(claim, bytes, out _));
    }
}
