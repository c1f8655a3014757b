using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TunnelRpc.Calls;
using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Hosting;

/// <summary>
/// Serves the registered contracts on connections that a host accepts, and knows the sessions that are connected. Made by
/// the service provider; thread-safe.
/// </summary>
public sealed class TunnelServer : IAsyncDisposable
{
    private readonly TunnelServerOptions _options;
    private readonly FilterSet _filters;
    private readonly DispatchTable _table;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, ServedSession> _registered = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Guid _instance = new(RandomNumberGenerator.GetBytes(16));

    // Changed atomically. _sessions is the number of _registered, and never above the limit but for those about to be refused.
    private int _handshakes;
    private int _sessions;

    /// <summary>Called by the service provider.</summary>
    public TunnelServer(IOptions<TunnelServerOptions> options, IServiceProvider services, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        _options = options.Value;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Server");
        Groups = new SessionGroups(FindSession, _options.Limits.MaxGroupsPerSession);
        _filters = new FilterSet(_options.Filters, new ApplicationServices(services));
        _table = new DispatchTable(_filters);
        foreach (ServiceRegistration registration in services.GetServices<ServiceRegistration>())
        {
            registration.Register(_table, services);
        }
    }

    /// <summary>The names of the sessions that are connected.</summary>
    public IReadOnlyCollection<string> SessionIds => [.. _registered.Keys];

    internal TunnelOptions Options => _options;

    internal IEnumerable<ServedSession> Sessions => _registered.Values;

    internal SessionGroups Groups { get; }

    private string FullOfSessions => $"It has {_options.Limits.MaxSessions} sessions (limit MaxSessions).";

    /// <summary>
    /// Serves one connection until its session is over; owns it. Completes without an exception however it ends; what went
    /// wrong is logged.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="cancellationToken">Ends the session in order, as a stopping server does.</param>
    public async Task ServeAsync(ITransportConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        connection = new AcceptedConnection(connection, _options.EndToEndTls);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        TunnelPeer? peer = null;
        try
        {
            // Registered before the client learns that it has a session: its first call may ask for it.
            bool accepted = await HandshakeAsync(connection, (info, input) => peer = Register(info, connection, input), stop.Token).ConfigureAwait(false);
            if (accepted && peer is not null)
            {
                await RunAsync(peer, stop.Token).ConfigureAwait(false);
            }
            else
            {
                peer?.Abandon(new TunnelException(TunnelStatus.Unavailable, "The path was lost in the handshake."));
            }
        }
        finally
        {
            if (peer is not null)
            {
                Unregister(peer);
            }

            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends every session in order, within <see cref="TunnelServerOptions.ShutdownTimeout"/>; refuses new ones.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(_registered.Values.Select(s => s.Peer.Completion))
                .WaitAsync(_options.ShutdownTimeout, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            HostingLog.ShutdownTimedOut(_logger, _registered.Count, _options.ShutdownTimeout);
        }
    }

    internal ServedSession? FindSession(string sessionId) => _registered.GetValueOrDefault(sessionId);

    private TunnelPeer Register(SessionInfo info, ITransportConnection connection, RecordInput input)
    {
        if (Interlocked.Increment(ref _sessions) > _options.Limits.MaxSessions)
        {
            // Others have finished their handshakes since this one began.
            Interlocked.Decrement(ref _sessions);
            throw new TunnelException(TunnelStatus.ResourceExhausted, FullOfSessions);
        }

        var forgotten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var peer = new TunnelPeer(new TunnelSession(info, connection, input, _options), _options, _table, _logger, _filters, forgotten.Task);
        _registered[info.Id] = new ServedSession(peer, peer.Session, forgotten);
        return peer;
    }

    private void Unregister(TunnelPeer peer)
    {
        if (_registered.TryRemove(peer.Info.Id, out ServedSession? session))
        {
            Interlocked.Decrement(ref _sessions);
            Groups.Remove(session);
            session.End();
        }
    }

    private async Task<bool> HandshakeAsync(
        ITransportConnection connection, Action<SessionInfo, RecordInput> beforeReady, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.HandshakeTimeout, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        int handshakes = Interlocked.Increment(ref _handshakes);
        try
        {
            TunnelLimits limits = _options.Limits;
            string? full = handshakes > limits.MaxPendingHandshakes
                ? $"It has {limits.MaxPendingHandshakes} unfinished handshakes (limit MaxPendingHandshakes)."
                : Volatile.Read(ref _sessions) >= limits.MaxSessions ? FullOfSessions : null;
            if (full is not null)
            {
                HostingLog.SessionRefused(_logger, connection.Info.Transport, connection.Info.RemoteEndPoint, full);
                await SessionHandshake.RefuseAsync(connection, TunnelStatus.ResourceExhausted, TimeSpan.FromSeconds(5), full, linked.Token).ConfigureAwait(false);
                return false;
            }

            await SessionHandshake.AcceptAsync(connection, limits, SessionHandshake.FeaturesOf(_options), _instance, beforeReady, linked.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is TransportException or TunnelException or OperationCanceledException)
        {
            string why = timeout.IsCancellationRequested ? $"It did not finish within {_options.HandshakeTimeout} (HandshakeTimeout)." : error.Message;
            HostingLog.HandshakeFailed(_logger, connection.Info.Transport, connection.Info.RemoteEndPoint, why);
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _handshakes);
        }
    }

    private async Task RunAsync(TunnelPeer peer, CancellationToken stop)
    {
        string id = peer.Info.Id;
        peer.Start();
        HostingLog.SessionStarted(_logger, id, peer.Info.Connection.Transport, peer.Info.Connection.RemoteEndPoint);
        try
        {
            await peer.SessionCompletion.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await peer.CloseAsync(TunnelStatus.Unavailable, "The server is stopping.").ConfigureAwait(false);
        }

        Unregister(peer);
        HostingLog.SessionEnded(_logger, id);
        await peer.Completion.ConfigureAwait(false);
    }
}
