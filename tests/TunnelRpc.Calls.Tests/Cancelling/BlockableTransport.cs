using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>A transport with connections that the test can block in one direction.</summary>
internal sealed class BlockableTransport(ITransport inner) : ITransport
{
    public BlockablePath Path { get; private set; } = null!;

    public string Name => inner.Name;

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        Path = new BlockablePath(await inner.ConnectAsync(endpoint, cancellationToken));
}
