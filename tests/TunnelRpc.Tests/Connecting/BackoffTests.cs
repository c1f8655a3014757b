using TunnelRpc.Client.Connecting;

namespace TunnelRpc.Tests.Connecting;

/// <summary>Delays grow, stay within their bounds, and are different for those who begin together.</summary>
public sealed class BackoffTests
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(15);

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Delays_are_between_the_least_and_three_times_the_one_before(int seed)
    {
        var backoff = new Backoff(Least, Most, new Random(seed));
        TimeSpan before = Least;

        for (int i = 0; i < 1000; i++)
        {
            TimeSpan delay = backoff.NextDelay();
            delay.ShouldBeInRange(Least, before * 3 < Most ? before * 3 : Most);
            before = delay;
        }
    }

    [Fact]
    public void A_thousand_clients_that_lost_their_server_together_come_back_apart()
    {
        var random = new Random(5);
        double[] third = [.. Enumerable.Range(0, 1000).Select(_ =>
        {
            var backoff = new Backoff(Least, Most, random);
            return (backoff.NextDelay() + backoff.NextDelay() + backoff.NextDelay()).TotalSeconds;
        })];

        // No tenth of a second has more than a fifth of them.
        third.GroupBy(t => Math.Floor(t * 10)).Max(g => g.Count()).ShouldBeLessThan(200);
    }

    [Fact]
    public void After_a_reset_they_begin_anew()
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
