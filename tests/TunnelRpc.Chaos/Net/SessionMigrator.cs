using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Chaos.Net;

/// <summary>Moves a client's session to a transport of the test's choice, by the steps in which the client itself moves it.</summary>
internal sealed class SessionMigrator(TunnelClient client, TunnelClientOptions options)
{
    /// <summary>Why the session did not move; null when it did.</summary>
    public async Task<string?> MigrateAsync(string transport)
    {
        if (client.CurrentPeer?.Session is not { } session)
        {
            return "there is no session";
        }

        using PathMigration move = session.Paths.BeginMigration();
        var attempt = new TransportAttempt(options.Transports.First(t => t.Name == transport), await new EndpointFactory(options).CreateAsync(options.Address!, CancellationToken.None), options, session);
        attempt.Start(CancellationToken.None);
        await attempt.Completion;
        if (attempt.EstablishedPath is not { } path)
        {
            return attempt.ToPathAttempt().ToString();
        }

        SessionPath? attached = await session.Paths.AttachAsync(path.Connection, path.Input, path.SessionInfo.Epoch, path.AcknowledgedOffset);
        return attached is null ? "the session is over, or on a later path" : null;
    }
}
