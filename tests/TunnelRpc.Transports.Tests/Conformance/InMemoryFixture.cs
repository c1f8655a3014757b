using System.Collections.Concurrent;
using TunnelRpc.Testing.Transports;

namespace TunnelRpc.Transports.Tests.Conformance;

internal sealed class InMemoryFixture : ITransportFixture
{
    private readonly InMemoryListener _listener = new();
    private readonly ConcurrentBag<ITransportConnection> _accepted = [];

    public InMemoryFixture() => Transport = new InMemoryTransport(_listener);

    public ITransport Transport { get; }

    public TunnelEndpoint Endpoint { get; } = new(new Uri("http://memory.invalid/"));

    public async ValueTask<TunnelEndpoint> GetUnreachableEndpointAsync()
    {
        await _listener.DisposeAsync();
        return Endpoint;
    }

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken)
    {
        ITransportConnection connection = await _listener.AcceptAsync(cancellationToken);
        _accepted.Add(connection);
        return connection;
    }

    public async Task StopServerAsync()
    {
        await _listener.DisposeAsync();
        foreach (ITransportConnection connection in _accepted)
        {
            await connection.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
