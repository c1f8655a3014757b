using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using TunnelRpc.Accounting;
using TunnelRpc.Calls;
using TunnelRpc.Hosting;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Hosting;

/// <summary>Sessions of a server, without a handshake. Stateless.</summary>
internal static class TestSessions
{
    /// <summary>The shares of the clients, as a server has them.</summary>
    public static ClientPartitions CreatePartitions(
        TunnelServerOptions options, MemoryLoadShedder loadShedder, ServerMetrics metrics) => new(
        options.Limits.PerUser,
        options.Limits.PerRemoteAddress,
        options.TimeProvider,
        user => SessionUsers.GetId(user, options),
        loadShedder.RequestSweep,
        metrics.OnRefused);

    /// <summary>The parameters of a new session with a random ticket.</summary>
    public static SessionParameters CreateParameters(TunnelServerOptions options, ITransportConnection connection)
    {
        var ticket = new SessionTicket(
            new Guid(RandomNumberGenerator.GetBytes(16)), RandomNumberGenerator.GetBytes(32), TimeSpan.FromMinutes(2));
        return new SessionParameters(false, ticket, PeerLimits.From(options.Limits), 1, Guid.NewGuid(), connection.Info)
        {
            Features = SessionHandshake.GetFeatures(options),
        };
    }

    /// <summary>A session that has not started.</summary>
    public static ServerSession Create(
        SessionParameters parameters,
        ITransportConnection connection,
        ReceiveBuffer receiveBuffer,
        TunnelServerOptions options,
        MemoryBudget budget,
        PartitionSet partitions)
    {
        var unregistered = new TaskCompletionSource();
        var session = new TunnelSession(parameters, connection, receiveBuffer, options, budget, partitions);
        var peer = new TunnelPeer(session, options, new DispatchTable(), NullLogger.Instance, filters: null, unregistered.Task);
        return new ServerSession(peer, peer.SessionInfo, unregistered, options, partitions: partitions);
    }
}
