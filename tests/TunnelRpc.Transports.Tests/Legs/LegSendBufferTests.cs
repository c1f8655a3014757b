using System.Buffers;
using System.Text;
using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Transports.Tests.Legs;

public sealed class LegSendBufferTests
{
    [Fact]
    public async Task Acknowledgement_of_the_previous_leg_leaves_no_gap_in_the_current_one()
    {
        using LegSendBuffer log = new(1000, 1000);
        long first = log.ClaimFromAcknowledged(out _);
        await AppendAsync(log, "0123456789");
        Take(log, first);

        long second = log.ClaimFromAcknowledged(out long from);
        log.TryAcknowledge(6).ShouldBeTrue();

        from.ShouldBe(0);
        Take(log, second).ShouldBe("0123456789");
        log.ClaimFromAcknowledged(out long next);
        next.ShouldBe(6);
    }

    [Fact]
    public async Task Only_the_most_recent_claim_takes_bytes()
    {
        using LegSendBuffer log = new(1000, 1000);
        long first = log.ClaimFromAcknowledged(out _);
        long second = log.ClaimFromAcknowledged(out _);
        await AppendAsync(log, "abc");

        log.TakeUnsent(first, new byte[10], out _).ShouldBe(-1);
        Take(log, second).ShouldBe("abc");
    }

    [Fact]
    public async Task Acknowledgement_beyond_the_sent_bytes_is_refused_and_an_old_one_ignored()
    {
        using LegSendBuffer log = new(1000, 1000);
        long claim = log.ClaimFromAcknowledged(out _);
        await AppendAsync(log, "abcdef");
        log.TakeUnsent(claim, new byte[4], out _);

        log.TryAcknowledge(5).ShouldBeFalse();
        log.TryAcknowledge(4).ShouldBeTrue();
        log.TryAcknowledge(2).ShouldBeTrue();

        log.AcknowledgedOffset.ShouldBe(4);
        log.TryClaimFrom(3, out _).ShouldBeFalse();
        log.TryClaimFrom(4, out long again).ShouldBeTrue();
        Take(log, again).ShouldBe("ef");
    }

    [Fact]
    public async Task Writer_waits_for_capacity_and_fails_with_the_buffer()
    {
        using LegSendBuffer log = new(8, 4);
        long claim = log.ClaimFromAcknowledged(out _);
        await AppendAsync(log, "0123");
        Task ahead = AppendAsync(log, "4567");
        ahead.IsCompleted.ShouldBeFalse("four bytes wait to be taken, and no more may");
        Take(log, claim).ShouldBe("0123");
        await ahead;
        Take(log, claim).ShouldBe("4567");

        Task full = AppendAsync(log, "89");
        full.IsCompleted.ShouldBeFalse("eight bytes are kept, and no more may");
        log.TryAcknowledge(2).ShouldBeTrue();
        await full;

        Take(log, claim).ShouldBe("89");
        log.Fail(new TransportException("lost"));
        (await Should.ThrowAsync<TransportException>(() => AppendAsync(log, "x"))).Message.ShouldBe("lost");
    }

    private static Task AppendAsync(LegSendBuffer log, string text)
        => log.AppendAsync(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text)), CancellationToken.None).AsTask();

    private static string Take(LegSendBuffer log, long claim)
    {
        byte[] bytes = new byte[1000];
        return Encoding.ASCII.GetString(bytes, 0, log.TakeUnsent(claim, bytes, out _));
    }
}
