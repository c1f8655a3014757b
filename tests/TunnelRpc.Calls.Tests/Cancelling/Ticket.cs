namespace TunnelRpc.Calls.Tests.Cancelling;

internal sealed class Ticket(Visit visit) : ITicket
{
    public Task<int> HoldAsync(CancellationToken cancellationToken) => visit.HoldAsync(cancellationToken);
}
