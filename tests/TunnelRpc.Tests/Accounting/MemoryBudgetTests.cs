using TunnelRpc.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Accounting;

/// <summary>The sums of one session and of all sessions.</summary>
public sealed class MemoryBudgetTests
{
    [Fact]
    public async Task Sum_is_exact_when_many_threads_add_and_release()
    {
        const int Times = 20_000;
        var budget = new MemoryBudget(long.MaxValue / 4, () => { });
        MemoryAccount[] accounts = [.. Enumerable.Range(0, 4).Select(_ => new MemoryAccount(budget: budget))];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            for (int n = 0; n < Times; n++)
            {
                accounts[i / 2].Add(100);
                accounts[i / 2].AddCallBytes(7);
                accounts[i / 2].Add(-99);
            }
        }))).DefaultTimeout();

        accounts.ShouldAllBe(account => account.AccountedBytes == 2 * Times * 8 && account.AccountedCallBytes == 2 * Times * 7);
        budget.AccountedBytes.ShouldBe(8 * Times * 8);
        budget.UnreleasedBytes.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public void Limit_is_noticed_shortly_after_it_is_exceeded(int step)
    {
        const long Ceiling = 32 << 20;
        int exceeded = 0;
        var budget = new MemoryBudget(Ceiling, () => exceeded++);
        long most = Ceiling + ((long)Environment.ProcessorCount * 2 * Math.Max(step, 64 << 10));

        while (exceeded == 0 && budget.AccountedBytes <= most)
        {
            budget.Add(step);
        }

        exceeded.ShouldBe(1);
        budget.AccountedBytes.ShouldBeInRange(Ceiling + 1, most);
    }

    [Fact]
    public void Budget_is_near_its_limit_from_three_quarters_on_until_enough_is_released()
    {
        var budget = new MemoryBudget(4000, () => { });

        budget.Add(2999);
        bool before = budget.IsNearLimit;
        budget.Add(1);
        bool at = budget.IsNearLimit;
        budget.Add(-1);

        (before, at, budget.IsNearLimit).ShouldBe((false, true, false));
    }

    [Fact]
    public void Close_writes_off_the_rest_and_later_changes_do_not_reach_the_budget()
    {
        var budget = new MemoryBudget(1 << 30, () => { });
        var account = new MemoryAccount(budget: budget);
        account.Add(500);
        account.AddReceivedCallBytes(300);

        account.Close();
        account.Add(-500);
        account.AddCallBytes(12);
        account.Close();

        (budget.AccountedBytes, budget.UnreleasedBytes, account.AccountedBytes).ShouldBe((0, 800, 0));
    }

    [Fact]
    public void Received_bytes_are_published_on_request_or_above_64_KiB()
    {
        var budget = new MemoryBudget(1 << 30, () => { });
        var account = new MemoryAccount(budget: budget);

        account.AddReceivedCallBytes((64 << 10) - 1);
        (long little, long known) = (budget.AccountedBytes, account.AccountedCallBytes);
        account.AddReceivedCallBytes(1);
        long much = budget.AccountedBytes;
        account.AddReceivedCallBytes(5);
        account.PublishReceivedCallBytes();

        (little, known, much, budget.AccountedBytes).ShouldBe((0, (64 << 10) - 1, 64 << 10, (64 << 10) + 5));
    }

    [Fact]
    public void Capacity_allows_one_call_always_and_others_up_to_the_limit()
    {
        var account = new MemoryAccount(maxCallBytes: 1000);

        bool alone = account.HasCallCapacity(5000);
        account.AddCallBytes(400);
        (bool fits, bool tooMuch, bool over) = (account.HasCallCapacity(600), account.HasCallCapacity(601), account.IsOverCallLimit);
        account.AddCallBytes(601);

        (alone, fits, tooMuch, over, account.IsOverCallLimit).ShouldBe((true, true, false, false, true));
        account.CreateLimitException("x").Message.ShouldBe(
            "x: 1001 bytes of arguments, stream items and waiting messages are accounted to the calls of this session, "
            + "of at most 1000 (limit MaxPendingCallBytes).");
    }
}
