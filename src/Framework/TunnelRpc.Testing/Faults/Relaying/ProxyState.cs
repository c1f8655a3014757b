using System.Net.Sockets;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>The state that all connections of a proxy share. Thread-safe.</summary>
internal sealed class ProxyState(Uri? upstream, int seed, FaultProxyOptions options, FaultProfile profile, CancellationToken stopping)
{
    private readonly Lock _gate = new();

    // Guarded by _gate. The number of matching requests of each fault that has Nth.
    private readonly Dictionary<RequestFault, int> _matchCounts = new(ReferenceEqualityComparer.Instance);

    private volatile FaultProfile _profile = profile;

    public Uri? Upstream { get; } = upstream;

    public int Seed { get; } = seed;

    public TimeProvider TimeProvider { get; } = options.TimeProvider;

    public int MaxBufferedBytes { get; } = options.MaxBufferedBytes;

    public CancellationToken Stopping { get; } = stopping;

    public FaultProfile Profile
    {
        get => _profile;
        set => _profile = value;
    }

    public PauseGate Pause { get; } = new();

    public RequestLog Log { get; } = new(options.MaxRecordedRequests);

    public GetCoalescer Coalescer { get; } = new();

    public AtomicCounter BytesUp { get; } = new();

    public AtomicCounter BytesDown { get; } = new();

    /// <summary>Returns the fault that applies to a request, or null for none.</summary>
    public RequestFault? FindFault(FaultProfile current, string method, string path)
    {
        RequestFault? found = null;
        foreach (RequestFault fault in current.Requests)
        {
            // The loop does not stop at the first match: every fault that has Nth counts every matching request.
            if (fault.Matches(method, path) && IsNthMatch(fault))
            {
                found ??= fault;
            }
        }

        return found;
    }

    /// <summary>Connects to an upstream. The caller disposes the socket.</summary>
    /// <exception cref="SocketException">The connection cannot be opened.</exception>
    public async ValueTask<RelaySocket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return new RelaySocket(socket, BytesUp, Pause);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsNthMatch(RequestFault fault)
    {
        if (fault.Nth is not int nth)
        {
            return true;
        }

        lock (_gate)
        {
            int count = _matchCounts.GetValueOrDefault(fault) + 1;
            _matchCounts[fault] = count;
            return count == nth;
        }
    }
}
