using TunnelRpc.Client.Connecting;

namespace TunnelRpc.Tests.Connecting;

/// <summary>Delays grow, stay within their bounds, and differ between clients that start together.</summary>
public sealed class BackoffTests
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(15);

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Delays_are_between_the_least_delay_and_three_times_the_previous_one(int seed)
    {
        var backoff = new Backoff(Least, Most, new Random(seed));
        TimeSpan previous = Least;

        for (int i = 0; i < 1000; i++)
        {
            TimeSpan delay = backoff.NextDelay();
            delay.ShouldBeInRange(Least, previous * 3 < Most ? previous * 3 : Most);
            previous = delay;
        }
    }

    [Fact]
    public void Delays_of_a_thousand_clients_that_start_together_are_spread()
    {
        var random = new Random(5);
        double[] third = [.. Enumerable.Range(0, 1000).Select(_ =>
        {
            var backoff = new Backoff(Least, Most, random);
            return (backoff.NextDelay() + backoff.NextDelay() + backoff.NextDelay()).TotalSeconds;
        })];

        // No interval of 100 ms contains 200 or more of the 1000 clients.
        third.GroupBy(t => Math.Floor(t * 10)).Max(g => g.Count()).ShouldBeLessThan(200);
    }

    [Fact]
    public void Reset_draws_the_next_delay_as_the_first_one()
    {
        var backoff = new Backoff(Least, Most, new Random(7));
        for (int i = 0; i < 50; i++)
        {
            backoff.NextDelay();
        }

        backoff.Reset();

        backoff.NextDelay().ShouldBeLessThanOrEqualTo(Least * 3);
    }
}
