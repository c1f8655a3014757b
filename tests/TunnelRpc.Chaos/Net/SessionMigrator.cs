using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Sessions;

namespace TunnelRpc.Chaos.Net;

/// <summary>Migrates a client's session to a given transport, in the same steps as the client itself.</summary>
internal sealed class SessionMigrator(TunnelClient client, TunnelClientOptions options)
{
    /// <summary>Returns the reason for which the session did not migrate; null when it did.</summary>
    public async Task<string?> MigrateAsync(string transport)
    {
        if (client.CurrentPeer?.Session is not { } session)
        {
            return "there is no session";
        }

        using PathMigration migration = session.Paths.BeginMigration();
        var attempt = new TransportAttempt(
            options.Transports.First(t => t.Name == transport),
            await new EndpointFactory(options).CreateAsync(options.Address!, CancellationToken.None),
            options,
            session);
        attempt.Start(CancellationToken.None);
        await attempt.Completion;
        if (attempt.EstablishedPath is not { } path)
        {
            return attempt.ToPathAttempt().ToString();
        }

        SessionPath? attached = await session.Paths
            .AttachAsync(path.Connection, path.Input, path.SessionInfo.Epoch, path.AcknowledgedOffset);
        return attached is null ? "the session has ended, or is on a later path" : null;
    }
}
