namespace TunnelRpc.Calls.Tests.Cancelling;

internal sealed class Ticket(ObservedCall visit) : ITicket
{
    public Task<int> HoldAsync(CancellationToken cancellationToken) => visit.HoldAsync(cancellationToken);
}
