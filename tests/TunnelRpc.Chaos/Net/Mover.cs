using TunnelRpc.Client;
using TunnelRpc.Client.Negotiation;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Chaos.Net;

/// <summary>Moves a client's session to a transport of the test's choice, by the steps in which the client itself moves it.</summary>
internal sealed class Mover(TunnelClient client, TunnelClientOptions options)
{
    /// <summary>Why the session did not move; null when it did.</summary>
    public async Task<string?> MoveAsync(string transport)
    {
        if (client.Current?.Carrier is not { } session)
        {
            return "there is no session";
        }

        using SessionMove move = session.Paths.BeginMove();
        var attempt = new Attempt(options.Transports.First(t => t.Name == transport), await options.ToEndpointAsync(options.Address!, CancellationToken.None), options, session);
        attempt.Start(CancellationToken.None);
        await attempt.Ended;
        if (attempt.Path is not { } path)
        {
            return attempt.ToRecord().ToString();
        }

        SessionPath? attached = await session.Paths.AttachAsync(path.Connection, path.Input, path.Info.Epoch, path.Acknowledged);
        return attached is null ? "the session is over, or on a later path" : null;
    }
}
