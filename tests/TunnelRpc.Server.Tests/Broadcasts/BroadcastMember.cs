using TunnelRpc.Client;

namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>A client that gets broadcasts.</summary>
internal sealed record BroadcastMember(TunnelClient Client, Ticker Ticker, PausableTransport Transport) : IAsyncDisposable
{
    public string SessionId => Client.SessionId!;

    public async ValueTask DisposeAsync()
    {
        Transport.Resume();
        await Client.DisposeAsync();
    }
}
