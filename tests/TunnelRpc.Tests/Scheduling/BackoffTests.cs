using TunnelRpc.Scheduling;

namespace TunnelRpc.Tests.Scheduling;

/// <summary>Delays grow, stay within their bounds, and with jitter differ between clients that start at the same time.</summary>
public sealed class BackoffTests
{
    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(15);

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Delay_with_jitter_is_between_the_minimum_and_three_times_the_previous_delay(int seed)
    {
        var backoff = new Backoff(MinDelay, MaxDelay, new Random(seed));
        TimeSpan previous = MinDelay;

        for (int i = 0; i < 1000; i++)
        {
            TimeSpan delay = backoff.NextDelay();
            delay.ShouldBeInRange(MinDelay, previous * 3 < MaxDelay ? previous * 3 : MaxDelay);
            previous = delay;
        }
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Delay_during_an_outage_is_at_most_as_long_as_the_outage(int seed)
    {
        var backoff = new Backoff(MinDelay, MaxDelay, new Random(seed));
        TimeSpan outage = TimeSpan.Zero;

        for (int i = 0; i < 1000; i++)
        {
            TimeSpan delay = backoff.NextDelay(outage);
            delay.ShouldBeInRange(MinDelay, outage < MinDelay * 3 ? MinDelay * 3 : outage < MaxDelay ? outage : MaxDelay);
            outage += delay;
        }
    }

    [Fact]
    public void Thousand_clients_that_start_together_retry_at_different_times()
    {
        var random = new Random(5);
        double[] third = [.. Enumerable.Range(0, 1000).Select(_ =>
        {
            var backoff = new Backoff(MinDelay, MaxDelay, random);
            return (backoff.NextDelay() + backoff.NextDelay() + backoff.NextDelay()).TotalSeconds;
        })];

        // No tenth of a second has more than a fifth of them.
        third.GroupBy(t => Math.Floor(t * 10)).Max(g => g.Count()).ShouldBeLessThan(200);
    }

    [Fact]
    public void Reset_with_jitter_starts_again_from_the_minimum()
    {
        var backoff = new Backoff(MinDelay, MaxDelay, new Random(7));
        for (int i = 0; i < 50; i++)
        {
            backoff.NextDelay();
        }

        backoff.Reset();

        backoff.NextDelay().ShouldBeLessThanOrEqualTo(MinDelay * 3);
    }

    [Fact]
    public void Delay_without_jitter_doubles_up_to_the_maximum()
    {
        var backoff = new Backoff(MinDelay, TimeSpan.FromSeconds(1), random: null);

        Next().ShouldBe([200, 400, 800, 1000, 1000]);
        backoff.Reset();
        Next().ShouldBe([200, 400, 800, 1000, 1000]);

        double[] Next() => [.. Enumerable.Range(0, 5).Select(_ => backoff.NextDelay().TotalMilliseconds)];
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Maximum_below_the_minimum_is_every_delay(bool useJitter)
    {
        var backoff = new Backoff(MinDelay, TimeSpan.FromMilliseconds(50), useJitter ? new Random(3) : null);

        Enumerable.Range(0, 5).Select(_ => backoff.NextDelay().TotalMilliseconds).ShouldAllBe(delay => delay == 50);
    }
}
