namespace TunnelRpc.Transports.Dialing;

// Decision: docs/adr/0062-spare-connection-after-a-restart.md
/// <summary>
/// Holds at most one open connection on which no session byte was sent: the one that found another server instance than that of the session
/// to resume. The next session of the client uses it instead of a new connection. It is disposed if it is not taken within
/// <see cref="Lifetime"/>. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class SpareConnection(TimeProvider timeProvider) : IAsyncDisposable
{
    /// <summary>The client opens the next session at once, or not soon. Shorter than the HandshakeTimeout of servers.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();

    // All guarded by _gate. The timer is active while there is a connection. _isClosed is set once: nothing is held afterwards.
    private Uri? _address;
    private ITransportConnection? _connection;
    private ITimer? _timer;
    private bool _isClosed;

    // Guarded by _gate: completes when the connections that were held and not taken are closed.
    private Task _disposals = Task.CompletedTask;

    /// <summary>
    /// Holds <paramref name="connection"/>, which is owned by this object from now on. Closes it if an earlier one is held: transports
    /// start in order of preference.
    /// </summary>
    public void Put(Uri address, ITransportConnection connection)
    {
        lock (_gate)
        {
            if (_isClosed || _connection is not null)
            {
                CloseLocked(connection);
                return;
            }

            (_address, _connection) = (address, connection);
            _timer = timeProvider.CreateTimer(
                static spare => ((SpareConnection)spare!).Drop(), this, Lifetime, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Returns the connection, which the caller owns from now on; null if there is none of this transport to this address.
    /// </summary>
    public ITransportConnection? TryTake(Uri address, string transport)
    {
        lock (_gate)
        {
            if (_connection is not { } connection || connection.Info.Transport != transport || _address != address)
            {
                return null;
            }

            _connection = null;
            DropLocked();
            return connection;
        }
    }

    /// <summary>Completes when no connection is held, and none will be.</summary>
    public async ValueTask DisposeAsync()
    {
        Task disposals;
        lock (_gate)
        {
            _isClosed = true;
            DropLocked();
            disposals = _disposals;
        }

        await disposals.ConfigureAwait(false);
    }

    private void Drop()
    {
        lock (_gate)
        {
            DropLocked();
        }
    }

    private void DropLocked()
    {
        _timer?.Dispose();
        _timer = null;
        _address = null;
        if (_connection is { } connection)
        {
            _connection = null;
            CloseLocked(connection);
        }
    }

    private void CloseLocked(ITransportConnection connection)
    {
        // On another thread, because code of the transport must not run under the lock.
        Task closing = Task.Run(() => CloseAsync(connection));
        _disposals = _disposals.IsCompleted ? closing : Task.WhenAll(_disposals, closing);
    }

    private static async Task CloseAsync(ITransportConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // A connection must not throw from DisposeAsync, but may be third-party code. No one uses it any more.
        }
    }
}
