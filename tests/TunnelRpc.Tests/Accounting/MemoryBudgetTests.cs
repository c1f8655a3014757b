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
                accounts[i / 2].AddItemBytes(7);
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
    public void Three_quarters_of_the_limit_are_noticed_shortly_after_they_are_reached(int step)
    {
        const long Ceiling = 32 << 20;
        int exceeded = 0;
        var budget = new MemoryBudget(Ceiling / 3 * 4, () => exceeded++);
        long most = Ceiling + ((long)Environment.ProcessorCount * 2 * Math.Max(step, 64 << 10));

        while (exceeded == 0 && budget.AccountedBytes <= most)
        {
            budget.Add(step);
        }

        exceeded.ShouldBe(1);
        budget.AccountedBytes.ShouldBeInRange(Ceiling - 4, most);
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
        account.AddReceivedItemBytes(300);

        account.Close();
        account.Add(-500);
        account.AddItemBytes(12);
        account.Close();

        (budget.AccountedBytes, budget.UnreleasedBytes, account.AccountedBytes).ShouldBe((0, 800, 0));
    }

    [Fact]
    public void Received_bytes_are_published_on_request_or_above_64_KiB()
    {
        var budget = new MemoryBudget(1 << 30, () => { });
        var account = new MemoryAccount(budget: budget);

        account.AddReceivedItemBytes((64 << 10) - 1);
        (long little, long known) = (budget.AccountedBytes, account.AccountedCallBytes);
        account.AddReceivedItemBytes(1);
        long much = budget.AccountedBytes;
        account.AddReceivedItemBytes(5);
        account.PublishReceivedItemBytes();

        (little, known, much, budget.AccountedBytes).ShouldBe((0, (64 << 10) - 1, 64 << 10, (64 << 10) + 5));
    }

    [Fact]
    public void Error_of_the_limit_states_arguments_and_items()
    {
        var account = new MemoryAccount(maxCallBytes: 2000);
        account.AddItemBytes(5000);
        MemoryLease arguments = account.LeaseArguments(1024);

        account.CreateLimitException("x").Message.ShouldBe(
            "x: the calls of this session hold 1024 bytes of arguments and 5000 bytes of stream items, of at most 2000 of either "
            + "(limit MaxPendingCallBytes).");
        arguments.Dispose();
    }

    [Theory]
    [InlineData(64 << 10, 1_000_000, false)] // The call has no more than each may have beyond the limit.
    [InlineData((64 << 10) + 1, 1_000_000, true)]
    [InlineData((64 << 10) + 1, 400_000 + 4096 + (64 << 10), false)] // The session has no more than a correct peer sends.
    [InlineData((64 << 10) + 1, 400_000 + 4096 + (64 << 10) + 1, true)]
    public void Share_of_a_call_is_excessive_only_if_the_peer_exceeds_the_limit(int bytes, int sessionBytes, bool isExcessive)
    {
        var account = new MemoryAccount(maxCallBytes: 100_000, maxMessageSize: 4096);
        account.AddItemBytes(sessionBytes);

        account.IsExcessiveShare(bytes, calls: 1).ShouldBe(isExcessive);
    }
}
