namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>Both sides of one connection. Disposal disposes both.</summary>
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

    /// <summary>Returns the client's and the server's connection, or the reverse, for tests that run from both sides.</summary>
    public (ITransportConnection Near, ITransportConnection Far) From(bool client) => client ? (Client, Server) : (Server, Client);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
