using System.Net.Sockets;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>What all connections of a proxy share. Thread-safe.</summary>
internal sealed class ProxyState(Uri? upstream, int seed, FaultProxyOptions options, FaultPersonality personality, CancellationToken stopping)
{
    private readonly Lock _gate = new();

    // Guarded by _gate: how many requests each fault that counts them has met.
    private readonly Dictionary<RequestFault, int> _met = new(ReferenceEqualityComparer.Instance);

    private volatile FaultPersonality _personality = personality;

    public Uri? Upstream { get; } = upstream;

    public int Seed { get; } = seed;

    public TimeProvider TimeProvider { get; } = options.TimeProvider;

    public int MaxHeldBytes { get; } = options.MaxHeldBytes;

    public CancellationToken Stopping { get; } = stopping;

    public FaultPersonality Personality
    {
        get => _personality;
        set => _personality = value;
    }

    public PauseGate Gate { get; } = new();

    public RequestLog Log { get; } = new(options.MaxRecordedRequests);

    public GetCoalescer Gets { get; } = new();

    public TrafficCount BytesUp { get; } = new();

    public TrafficCount BytesDown { get; } = new();

    /// <summary>The fault that a request meets; null for none.</summary>
    public RequestFault? FindFault(FaultPersonality current, string method, string path)
    {
        RequestFault? found = null;
        foreach (RequestFault fault in current.Requests)
        {
            // Every one that counts must see every request that concerns it.
            if (fault.Concerns(method, path) && IsItsTurn(fault))
            {
                found ??= fault;
            }
        }

        return found;
    }

    /// <exception cref="SocketException">Nobody answers there.</exception>
    public async ValueTask<Peer> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return new Peer(socket, BytesUp, Gate);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsItsTurn(RequestFault fault)
    {
        if (fault.Nth is not int nth)
        {
            return true;
        }

        lock (_gate)
        {
            int count = _met.GetValueOrDefault(fault) + 1;
            _met[fault] = count;
            return count == nth;
        }
    }
}
