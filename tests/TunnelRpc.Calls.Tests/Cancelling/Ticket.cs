namespace TunnelRpc.Calls.Tests.Cancelling;

internal sealed class Ticket(ObservedCall call) : ITicket
{
    public Task<int> BlockAsync(CancellationToken cancellationToken) => call.BlockAsync(cancellationToken);
}
