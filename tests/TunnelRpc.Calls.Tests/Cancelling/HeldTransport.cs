using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>A transport whose path the test can stop, in one direction.</summary>
internal sealed class HeldTransport(ITransport inner) : ITransport
{
    public HeldPath Path { get; private set; } = null!;

    public string Name => inner.Name;

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        Path = new HeldPath(await inner.ConnectAsync(endpoint, cancellationToken));
}
