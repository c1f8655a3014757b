using TunnelRpc.Testing.Transports;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>Pairs of in-memory connections.</summary>
internal static class InMemoryLink
{
    public static async Task<(ITransportConnection Client, ITransportConnection Server)> OpenAsync()
    {
        await using var listener = new InMemoryListener();
        var endpoint = new TunnelEndpoint(new Uri("http://in-memory.invalid/"));
        ITransportConnection client = await new InMemoryTransport(listener).ConnectAsync(endpoint, CancellationToken.None);
        return (client, await listener.AcceptAsync());
    }
}
