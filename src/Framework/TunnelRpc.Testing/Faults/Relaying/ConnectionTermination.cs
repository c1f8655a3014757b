namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// The proxy's decision to end a client's connection. The first decision counts; later ones have no effect. Thread-safe.
/// </summary>
internal sealed class ConnectionTermination : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _source;

    // Guarded by _gate. After disposal a timer that fires late must not use _source.
    private bool _disposed;
    private int? _status;
    private TerminationKind _kind;

    public ConnectionTermination(CancellationToken stopping)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Token = _source.Token;
    }

    /// <summary>Cancelled by the decision, and when the proxy stops.</summary>
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

    /// <summary>The status of the response, for <see cref="TerminationKind.Respond"/>; otherwise null.</summary>
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

    /// <summary>
    /// Ends the connection with a response that has a status, if no response has started; otherwise without one.
    /// </summary>
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
            // The connection has ended in the meantime.
        }
    }
}
