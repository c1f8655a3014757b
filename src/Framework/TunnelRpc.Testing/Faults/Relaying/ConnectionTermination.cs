namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>The end of one client connection that the proxy decides on, whoever of it does so first. Thread-safe.</summary>
internal sealed class ConnectionTermination : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _source;

    // Guarded by _gate: a timer that fires late must not touch the source.
    private bool _disposed;
    private int? _status;
    private TerminationKind _kind;

    public ConnectionTermination(CancellationToken stopping)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Token = _source.Token;
    }

    /// <summary>Cancelled with the decision.</summary>
    public CancellationToken Token { get; }

    public TerminationKind Kind
    {
        get
        {
            lock (_gate)
            {
                return _kind;
            }
        }
    }

    /// <summary>What to answer with, for <see cref="TerminationKind.Respond"/>.</summary>
    public int? Status
    {
        get
        {
            lock (_gate)
            {
                return _status;
            }
        }
    }

    public void Close() => Decide(TerminationKind.Close, null);

    public void Reset() => Decide(TerminationKind.Reset, null);

    /// <summary>The request is answered with a status when no answer has begun; else the connection is closed.</summary>
    public void RespondWith(int status) => Decide(TerminationKind.Respond, status);

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _source.Dispose();
    }

    private void Decide(TerminationKind kind, int? status)
    {
        lock (_gate)
        {
            if (_disposed || _kind != TerminationKind.None)
            {
                return;
            }

            _kind = kind;
            _status = status;
        }

        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended meanwhile.
        }
    }
}
