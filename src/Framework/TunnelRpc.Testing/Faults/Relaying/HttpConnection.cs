using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Serves a client's connection at <see cref="FaultLevel.Http"/>: one exchange after the other.</summary>
internal sealed class HttpConnection(ClientConnection connection)
{
    /// <summary>The time for a client to read the response when the proxy has not read its whole request.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly RelaySocket _client = connection.Client;

    public async Task RunAsync()
    {
        for (int count = 1; await HasRequestAsync().ConfigureAwait(false); count++)
        {
            FaultProfile profile = connection.State.Profile;
            if (!await ServeAsync(profile).ConfigureAwait(false) || count == profile.MaxRequestsPerConnection)
            {
                return;
            }
        }
    }

    private async ValueTask<bool> HasRequestAsync() =>
        !_client.Buffer.Unconsumed.IsEmpty
        || await _client.Buffer.FillAsync(_client.Stream, connection.Termination.Token).ConfigureAwait(false);

    /// <summary>Serves one request; returns whether the connection can serve another one.</summary>
    private async Task<bool> ServeAsync(FaultProfile profile)
    {
        HttpExchange? exchange = null;
        try
        {
            Http1Head head = await _client.Buffer.ReadHeadAsync(_client.Stream, isRequest: true, connection.Termination.Token)
                .ConfigureAwait(false);
            exchange = new HttpExchange(connection, head, profile);
            if (await exchange.RunAsync().ConfigureAwait(false))
            {
                return true;
            }
        }
        catch (MalformedHttpException malformed) when (exchange is not { HasResponded: true })
        {
            // This includes the connection preface of HTTP/2.
            byte[] response = HeadFormat.WriteProxyResponse(400, "Fault proxy: " + malformed.Message, closes: true);
            await _client.WriteAsync(response, connection.Termination.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
            when (connection.Termination is { Kind: TerminationKind.Respond, Status: int status } && exchange is { HasResponded: false })
        {
            exchange.Entry.SetResponse(status, byProxy: true);
            byte[] response = HeadFormat.WriteProxyResponse(
                status, "Fault proxy: the profile refuses the request's body: it is too large or too slow.", closes: true);
            await _client.WriteAsync(response, connection.State.Stopping).ConfigureAwait(false);
        }

        if (connection.Termination.Kind is TerminationKind.None or TerminationKind.Respond)
        {
            await LingerAsync().ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>
    /// Reads the rest of the request before the close. To close a socket with unread bytes resets the connection, and the client could
    /// then not read the response.
    /// </summary>
    private async Task LingerAsync()
    {
        using var limit = new CancellationTokenSource(Linger, connection.State.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, connection.State.Stopping);
        _client.ShutdownSend();
        byte[] buffer = new byte[RelaySocket.MaxReadBytes];
        while (await _client.ReadAsync(buffer, either.Token).ConfigureAwait(false) > 0)
        {
            // The bytes are discarded.
        }
    }
}
