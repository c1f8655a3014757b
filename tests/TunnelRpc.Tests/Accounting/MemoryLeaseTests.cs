using TunnelRpc.Accounting;

namespace TunnelRpc.Tests.Accounting;

public sealed class MemoryLeaseTests
{
    private readonly MemoryBudget _budget = new(1 << 30, () => { });

    [Fact]
    public void Lease_disposed_twice_is_released_once()
    {
        var account = new MemoryAccount(budget: _budget);
        account.AddCallBytes(7);
        MemoryLease forCall = account.ReserveCallBytes(100, "The call");
        MemoryLease other = account.Lease(50);
        (account.AccountedBytes, account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((157, 107, 157));

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
        MemoryLease first = account.ReserveCallBytes(100, "The call");

        MemoryLease second = first.Move();
        first.Dispose();
        (first.Bytes, second.Bytes, account.AccountedCallBytes).ShouldBe((0, 100, 100));
        second.Dispose();

        (account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((0, 0));
    }

    [Fact]
    public void Lease_disposed_after_the_session_has_ended_leaves_the_budget_as_it_is()
    {
        var account = new MemoryAccount(budget: _budget);
        MemoryLease lease = account.ReserveCallBytes(100, "The call");
        account.Close();

        lease.Dispose();

        (account.AccountedBytes, _budget.AccountedBytes, _budget.UnreleasedBytes).ShouldBe((0, 0, 100));
    }

    [Fact]
    public void Reservation_without_capacity_fails_and_holds_nothing()
    {
        var account = new MemoryAccount(maxCallBytes: 1000, _budget);
        MemoryLease held = account.ReserveCallBytes(600, "The call");

        account.TryReserveCallBytes(401, out MemoryLease refused).ShouldBeFalse();
        refused.Dispose();
        var error = Should.Throw<TunnelException>(() => account.ReserveCallBytes(401, "The call").Dispose());

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("limit MaxPendingCallBytes");
        account.AccountedCallBytes.ShouldBe(600);
        held.Dispose();
        _budget.AccountedBytes.ShouldBe(0);
    }

    [Fact]
    public void Received_call_is_accounted_from_one_kibibyte_on()
    {
        var account = new MemoryAccount(budget: _budget);

        MemoryLease small = account.LeaseReceivedCall(1023);
        MemoryLease large = account.LeaseReceivedCall(1024);

        (small.Bytes, large.Bytes, account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((0, 1024, 1024, 0));
        large.Dispose();
        account.PublishReceivedCallBytes();
        (account.AccountedCallBytes, _budget.AccountedBytes).ShouldBe((0, 0));
    }
}
