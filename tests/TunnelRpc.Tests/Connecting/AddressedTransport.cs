using System.Collections.Concurrent;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Connecting;

/// <summary>A transport that knows which addresses answer, and keeps what it was asked for.</summary>
internal sealed class AddressedTransport(ITransport inner) : ITransport
{
    private volatile ITransportConnection? _last;

    public string Name => inner.Name;

    /// <summary>The hosts at which nobody is.</summary>
    public ConcurrentDictionary<string, bool> UnreachableHosts { get; } = new();

    /// <summary>What was asked for, in order.</summary>
    public ConcurrentQueue<TunnelEndpoint> RequestedEndpoints { get; } = new();

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        RequestedEndpoints.Enqueue(endpoint);
        return UnreachableHosts.ContainsKey(endpoint.Address.Host)
            ? throw new TransportException($"{Name}: nobody is at {endpoint.Address.Host}.")
            : _last = await inner.ConnectAsync(endpoint, cancellationToken);
    }

    /// <summary>Ends the last path under those who use it.</summary>
    public ValueTask CutAsync() => _last!.DisposeAsync();
}
