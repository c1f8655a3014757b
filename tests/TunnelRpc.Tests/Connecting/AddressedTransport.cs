using System.Collections.Concurrent;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Connecting;

/// <summary>A transport with unreachable hosts, which records the endpoints of all attempts. Thread-safe.</summary>
internal sealed class AddressedTransport(ITransport inner) : ITransport
{
    private volatile ITransportConnection? _last;

    public string Name => inner.Name;

    /// <summary>The hosts whose attempts fail.</summary>
    public ConcurrentDictionary<string, bool> UnreachableHosts { get; } = new();

    /// <summary>The endpoints of all attempts, in order.</summary>
    public ConcurrentQueue<TunnelEndpoint> RequestedEndpoints { get; } = new();

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        RequestedEndpoints.Enqueue(endpoint);
        return UnreachableHosts.ContainsKey(endpoint.Address.Host)
            ? throw new TransportException($"{Name}: {endpoint.Address.Host} is unreachable.")
            : _last = await inner.ConnectAsync(endpoint, cancellationToken);
    }

    /// <summary>Closes the latest connection while the session uses it.</summary>
    public ValueTask CutAsync() => _last!.DisposeAsync();
}
