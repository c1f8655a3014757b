namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>Both ends of one connection.</summary>
internal sealed class ConnectionPair(ITransportConnection client, ITransportConnection server) : IAsyncDisposable
{
    public ITransportConnection Client { get; } = client;

    public ITransportConnection Server { get; } = server;

    public static async Task<ConnectionPair> OpenAsync(ITransportFixture fixture, CancellationToken cancellationToken, TunnelEndpoint? endpoint = null)
    {
        Task<ITransportConnection> accepting = fixture.AcceptAsync(cancellationToken).AsTask();
        ITransportConnection client = await fixture.Transport.ConnectAsync(endpoint ?? fixture.Endpoint, cancellationToken);
        return new ConnectionPair(client, await accepting);
    }

    /// <summary>The client's end and the server's, or the other way round: what holds for one must hold for the other.</summary>
    public (ITransportConnection Near, ITransportConnection Far) From(bool client) => client ? (Client, Server) : (Server, Client);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
