using TunnelRpc.Accounting;

namespace TunnelRpc.Tests.Accounting;

public sealed class MemoryLeaseTests
{
    private readonly MemoryBudget _budget = new(1 << 30, () => { });

    [Fact]
    public void Lease_disposed_twice_is_released_once()
    {
        var account = new MemoryAccount(budget: _budget);
        account.AddItemBytes(7);
        MemoryLease forCall = account.LeaseArguments(2000);
        MemoryLease other = account.Lease(50);
        (account.AccountedBytes, account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((2057, 2007, 2057));

        forCall.Dispose();
        forCall.Dispose();
        other.Dispose();
        other.Dispose();

        (account.AccountedBytes, account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((7, 7, 7));
        (forCall.Bytes, other.Bytes).ShouldBe((0, 0));
    }

    [Fact]
    public void Moved_lease_is_released_by_its_new_owner_only()
    {
        var account = new MemoryAccount(budget: _budget);
        MemoryLease first = account.LeaseArguments(2000);

        MemoryLease second = first.Move();
        first.Dispose();
        (first.Bytes, second.Bytes, account.AccountedCallBytes).ShouldBe((0, 2000, 2000));
        second.Dispose();

        (account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((0, 0));
    }

    [Fact]
    public void Lease_disposed_after_the_session_has_ended_leaves_the_budget_as_it_is()
    {
        var account = new MemoryAccount(budget: _budget);
        MemoryLease lease = account.LeaseArguments(2000);
        account.Close();

        lease.Dispose();

        (account.AccountedBytes, _budget.AccountedBytes, _budget.UnreleasedBytes).ShouldBe((0, 0, 2000));
    }

    [Fact]
    public void Received_call_is_accounted_from_one_kibibyte_on()
    {
        var account = new MemoryAccount(budget: _budget);

        MemoryLease small = account.LeaseArguments(1023);
        MemoryLease large = account.LeaseArguments(1024);

        (small.Bytes, large.Bytes, account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((0, 1024, 1024, 1024));
        large.Dispose();
        (account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((0, 0));
    }
}
