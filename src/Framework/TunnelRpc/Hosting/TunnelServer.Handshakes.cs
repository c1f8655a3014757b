using Microsoft.Extensions.Logging;
using TunnelRpc.Accounting;
using TunnelRpc.Hosting;
using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc;

/// <content>The handshakes of new connections.</content>
public sealed partial class TunnelServer
{
    private const string UnhandledHandshakeReason =
        "The server could not process the handshake: an exception was thrown there, which the server has logged. Retry later.";

    /// <summary>
    /// Counts a handshake for its user and its address. Returns the reason if the handshake is refused; it is not counted then.
    /// </summary>
    private string? StartHandshake(PartitionSet partitions, int pendingHandshakes)
    {
        int limit = _options.Limits.MaxPendingHandshakes;
        if (pendingHandshakes > limit)
        {
            _metrics.OnSessionRefused(nameof(TunnelServerLimits.MaxPendingHandshakes));
            return $"The server has reached its limit of {limit} handshakes in progress (limit MaxPendingHandshakes). "
                + "Retry later or use another address.";
        }

        return (partitions.AcquireRate(PartitionRate.Handshakes) ?? partitions.Acquire(PartitionResource.PendingHandshake))?.Reason;
    }

    /// <summary>Returns the session, new or resumed, and its path; null when the handshake has failed, which is logged.</summary>
    private async Task<(ServerSession Session, SessionPath Path)?> HandshakeAsync(
        TlsDetectingConnection connection, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_options.HandshakeTimeout, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        TransportConnectionInfo info = connection.Info;
        ILogger logger = _logger.ForPeer(info.RemoteEndPoint);
        int pendingHandshakes = Interlocked.Increment(ref _pendingHandshakes);
        bool isAccepted = false;
        try
        {
            TunnelServerLimits limits = _options.Limits;
            using PartitionSet partitions = _partitions.Rent(info.User, info.RemoteEndPoint);
            if (StartHandshake(partitions, pendingHandshakes) is { } reason)
            {
                HostingLog.SessionRefused(logger, info.Transport, info.RemoteEndPoint, reason);
                await SessionHandshake.RefuseAsync(
                    connection,
                    TunnelStatus.ResourceExhausted,
                    SessionHandshake.ServerFullRetryAfter,
                    reason,
                    linked.Token).ConfigureAwait(false);
                return null;
            }

            using PartitionPermit permit = new(partitions, PartitionResource.PendingHandshake);
            AcceptResult accepted = await SessionHandshake.AcceptAsync(
                connection,
                limits,
                SessionHandshake.GetFeatures(_options),
                _instanceId,
                _sessions,
                linked.Token,
                _options.TimeProvider,
                GetServices(info.AcceptedEndpoint).Fingerprints).ConfigureAwait(false);

            isAccepted = true;

            // The registry has no other sessions.
            var session = (ServerSession)accepted.Session!;
            if (accepted.ResumedPath is { } resumedPath)
            {
                if (session.IsUnregistered)
                {
                    // The session ended while it migrated.
                    return null;
                }

                _sessions.WithoutPath.Remove(session);
                session.OnPathAuthenticated();
                session.Events?.OnPathChanged(info, resumedPath.ReplacesLostPath);
                HostingLog.SessionMigrated(logger, session.Info.Id, info.Transport, info.RemoteEndPoint);
                return (session, resumedPath);
            }

            HostingLog.SessionStarted(logger, session.Info.Id, info.Transport, info.RemoteEndPoint);
            SessionPath firstPath = session.Session.Paths.Current;
            session.Peer.Start();
            session.OnPathAuthenticated();
            session.Events?.OnConnected();
            _ = RunSessionAsync(session);
            return (session, firstPath);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested && !timeout.IsCancellationRequested)
        {
            TunnelException stopping = SessionRegistry.CreateShuttingDownException();
            HostingLog.SessionRefusedByStop(logger, info.Transport, info.RemoteEndPoint);
            await SessionHandshake.RefuseAsync(
                connection,
                stopping.Status,
                SessionHandshake.ServerStoppingRetryAfter,
                stopping.Message,
                timeout.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (error is TransportException or TunnelException or OperationCanceledException)
        {
            string cause = timeout.IsCancellationRequested
                ? $"It did not complete within {_options.HandshakeTimeout} (HandshakeTimeout)."
                : error.Message;
            HostingLog.HandshakeFailed(logger, info.Transport, info.RemoteEndPoint, cause);
            return null;
        }
        catch (Exception error) when (!isAccepted)
        {
            // Code of the application: UserIdSelector, or a transport of its own. It costs this connection only, and the client may retry.
            HostingLog.HandshakeThrew(logger, error, info.Transport, info.RemoteEndPoint);
            await SessionHandshake.RefuseAsync(
                connection,
                TunnelStatus.Unavailable,
                SessionHandshake.ServerStoppingRetryAfter,
                UnhandledHandshakeReason,
                linked.Token).ConfigureAwait(false);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _pendingHandshakes);
        }
    }
}
