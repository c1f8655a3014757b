using Microsoft.Extensions.Logging;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Tunnel;

// Decision: docs/adr/0092-claims-of-names.md
/// <summary>The names that sessions of the tunnel hold. A name is released with its session. Thread-safe.</summary>
internal sealed class SessionClaims(GatewayRouter router, ILoggerFactory loggerFactory)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger(GatewayLog.Category);
    private readonly Lock _gate = new();

    // Guarded by _gate: the claims of each session that has one. A session is removed when it has ended, and adds none afterwards.
    private readonly Dictionary<string, Dictionary<string, GatewayClaim>> _sessions = new(StringComparer.Ordinal);

    /// <summary>Claims a name for a session. No effect if the session holds it.</summary>
    /// <param name="name">The name; valid.</param>
    /// <param name="session">The session.</param>
    /// <param name="stub">Calls the session.</param>
    /// <exception cref="TunnelException">The claim is refused, with the status that <see cref="IHttpGateway"/> names.</exception>
    public void Claim(string name, TunnelSessionInfo session, IHttpOrigin stub)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(session.Id, out Dictionary<string, GatewayClaim>? held) && held.ContainsKey(name))
            {
                return;
            }
        }

        // A user's sessions share its names. An anonymous session has its own.
        GatewayOwner owner = session.UserId is { } user ? new("user", user) { User = session.User } : new("session", session.Id);
        var origin = new TunnelOrigin(stub, session.RemoteEndPoint);
        if (!router.TryClaim(name, owner, origin, out GatewayClaim? claim, out GatewayRefusal? refusal))
        {
            GatewayLog.ClaimRefused(_logger, name, session.RemoteEndPoint, refusal.Message);
            throw new TunnelException(
                refusal.Kind == GatewayRefusalKind.LimitReached ? TunnelStatus.ResourceExhausted : TunnelStatus.PermissionDenied,
                refusal.Message);
        }

        bool isFirst;
        lock (_gate)
        {
            isFirst = !_sessions.TryGetValue(session.Id, out Dictionary<string, GatewayClaim>? held);
            held ??= _sessions[session.Id] = new(StringComparer.Ordinal);
            if (!held.TryAdd(name, claim))
            {
                // Two calls of one session at the same time.
                claim.Dispose();
                return;
            }
        }

        GatewayLog.NameClaimed(_logger, name, owner.Kind, origin.Dialect, session.RemoteEndPoint);
        if (isFirst)
        {
            // Completes without an exception, also for a session that has ended already. Not awaited: it only removes the claims.
            _ = session.Completion.ContinueWith(
                _ => ReleaseAll(session),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    /// <summary>Releases a name of a session. No effect if the session does not hold it.</summary>
    public void Release(string name, string sessionId)
    {
        GatewayClaim? claim;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(sessionId, out Dictionary<string, GatewayClaim>? held) || !held.Remove(name, out claim))
            {
                return;
            }
        }

        End(claim);
    }

    private void ReleaseAll(TunnelSessionInfo session)
    {
        Dictionary<string, GatewayClaim>? held;
        lock (_gate)
        {
            if (!_sessions.Remove(session.Id, out held))
            {
                return;
            }
        }

        foreach (GatewayClaim claim in held.Values)
        {
            End(claim);
        }
    }

    private void End(GatewayClaim claim)
    {
        claim.Dispose();
        GatewayLog.NameReleased(_logger, claim.Name, claim.Origin!.Dialect, claim.Origin.RemoteEndPoint);
    }
}
